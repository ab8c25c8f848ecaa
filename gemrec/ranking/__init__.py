"""Stage 2: which generated pictures this person will like best."""

from gemrec.ranking.images import rank_images

__all__ = ["rank_images"]
