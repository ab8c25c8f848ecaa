"""Stage 1: which few models are worth running for this person and prompt."""

from gemrec.retrieval.models import Candidate, retrieve_models

__all__ = ["Candidate", "retrieve_models"]
