"""How well votes are foretold and people are served: on recorded votes, and on simulated people."""

from gemrec.evaluation.compare import compare_methods
from gemrec.evaluation.tables import Items, read_items, read_votes

__all__ = ["Items", "compare_methods", "read_items", "read_votes"]
