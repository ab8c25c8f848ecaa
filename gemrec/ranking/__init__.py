"""Stage 2: which generated pictures this person will like best."""

from gemrec.ranking.gates import Evidence, Objection, SetAside
from gemrec.ranking.images import rank_images

__all__ = ["Evidence", "Objection", "SetAside", "rank_images"]
