"""Which votes a leaderboard counts, and how it rates them."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal

from gemrec.leaderboard.bradley_terry import PRIOR_SD

BoardMethod = Literal["davidson", "half_win", "elo"]
Cluster = Literal["annotator", "prompt", "none"]

DRAWS: Final = 1000
"""Draws from which rank ranges are read: they move by at most a rank from one thousand to the next."""


@dataclass(frozen=True, slots=True)
class BoardQuery:
    """A leaderboard that somebody asks for.

    Attributes:
        category: Only prompts of this category; None for all.
        campaign: Only votes of this study, or of none for an empty text; None for all.
        annotator_id: Only this annotator's votes; None for all.
        since: Only votes cast from then on; None for no limit.
        until: Only votes cast before then; None for no limit.
        method: ``davidson`` models ties, ``half_win`` counts each as half a win for both, ``elo``
            orders by the online ratings, which have no intervals.
        cluster: Whose votes depend on each other: those of one ``annotator``, those on one
            ``prompt``, or ``none``.
        minimum_votes: Models with fewer are preliminary and stand behind the others.
        draws: Draws for the joint rank ranges; 0 leaves them out.
        prior_sd: Standard deviation of the prior in logits.
        confidence: Nominal coverage of the intervals, 0..1.
    """

    category: str | None = None
    campaign: str | None = None
    annotator_id: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    method: BoardMethod = "davidson"
    cluster: Cluster = "annotator"
    minimum_votes: int = 0
    draws: int = 0
    prior_sd: float = PRIOR_SD
    confidence: float = 0.95

    @property
    def is_whole(self) -> bool:
        """Whether every vote counts."""
        return (self.category, self.campaign, self.annotator_id, self.since, self.until) == (
            None,
        ) * 5

    @property
    def needs_votes(self) -> bool:
        """Whether counts by annotator are not enough, so that votes must be read once."""
        return self.since is not None or self.until is not None or self.cluster == "prompt"
