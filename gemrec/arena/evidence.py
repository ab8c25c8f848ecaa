"""What the votes say about the models, in the form in which samplers use it.

Everything is made from the snapshot's counts and kept until the next vote: no reading of votes, and
no work that grows with their number.
"""

import threading
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Protocol

import numpy as np
from numpy.typing import NDArray

from gemrec.leaderboard import PRIOR_SD, PairCounts, Ratings, fit
from gemrec.preference import Asked, Belief
from gemrec.preference.davidson import moments
from gemrec.recommend import Refresher, Snapshot

Floats = NDArray[np.float64]

WIDER: Final = 1.5
"""Optimism of Thompson draws, as a multiple of the belief's spread: a favourite among models that a
person has hardly met is found within fifteen votes by 58 of 60 and by 60 of 60 annotators with
opposite tastes, by 57 and 52 without this and without weighing what a vote tells."""


@dataclass(frozen=True, slots=True)
class Beliefs:
    """A normal posterior over the strengths of M models, in logits.

    Attributes:
        mean: (M,).
        covariance: (M, M); independent and as wide as the prior for models without votes.
        log_nu: Logarithm of Davidson's tie parameter.
    """

    mean: Floats
    covariance: Floats
    log_nu: float


class Evidence(Protocol):
    """What samplers may ask; every answer follows the order of ``models``."""

    def games(self, models: Sequence[str]) -> Floats:
        """(M, M) symmetric number of blind votes on each pair."""

    def everybody(self, models: Sequence[str]) -> Beliefs:
        """How strong the models are to everybody."""

    def told_of_taste(self, models: Sequence[str]) -> Floats:
        """(M, M) nats that a vote on each pair is expected to tell about its person's taste.

        The prompt's category counts. Models that are not known yet tell the most.
        """

    def chance_of_best(self, models: Sequence[str]) -> Floats:
        """(M,) probability of being the person's best, from a belief made half as wide again.

        The prompt's category counts. Models that are not known yet have an even share.
        """


class Standings:
    """Evidence from counts alone, which takes everybody for the same person.

    Args:
        counts: Blind votes that stand.
        start: Earlier standings to start the fit from; changes the time needed, not the result.

    Attributes:
        ratings: The Davidson fit.
    """

    def __init__(self, counts: PairCounts, start: "Standings | None" = None) -> None:
        self._counts = counts
        self.ratings: Ratings = fit(counts, start=None if start is None else start.ratings)
        self._covariance = strength_covariance(self.ratings, counts.games)

    def games(self, models: Sequence[str]) -> Floats:
        """See :class:`Evidence`."""
        rows, known = self._rows(models)
        games = np.zeros((len(models), len(models)))
        games[np.ix_(known, known)] = self._counts.games[np.ix_(rows, rows)]
        return games

    def everybody(self, models: Sequence[str]) -> Beliefs:
        """See :class:`Evidence`."""
        rows, known = self._rows(models)
        mean, covariance = np.zeros(len(models)), np.eye(len(models)) * PRIOR_SD**2
        mean[known] = self.ratings.strengths[rows]
        covariance[np.ix_(known, known)] = self._covariance[np.ix_(rows, rows)]
        return Beliefs(mean, covariance, self.ratings.log_nu)

    def told_of_taste(self, models: Sequence[str]) -> Floats:
        """See :class:`Evidence`."""
        return self._believe(models).information()

    def chance_of_best(self, models: Sequence[str]) -> Floats:
        """See :class:`Evidence`."""
        return self._believe(models).wider(WIDER).among_best(1)

    def _believe(self, models: Sequence[str]) -> Belief:
        known = self.everybody(models)
        nothing = np.zeros(len(models))
        root = np.linalg.cholesky(known.covariance).astype(np.float64)
        return Belief(tuple(models), known.mean, root, nothing, nothing, known.log_nu, len(models))

    def _rows(self, models: Sequence[str]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Positions in the counts of the models that these list, and their places in ``models``."""
        index = self._counts.index
        rows = np.array([index.get(model_id, -1) for model_id in models], dtype=np.int64)
        known = np.flatnonzero(rows >= 0)
        return rows[known], known


def strength_covariance(ratings: Ratings, games: Floats) -> Floats:
    """(M, M) inverse of the strengths' negative Hessian, the tie parameter held fixed.

    Unlike the covariance of the board's intervals it is not centred within each component, so that
    it also knows how little is known between models that no chain of votes links.

    Args:
        ratings: The fit.
        games: (M, M) votes per pair that it was fitted to.
    """
    gap = ratings.strengths[:, None] - ratings.strengths[None, :]
    curvature = games * moments(gap, ratings.log_nu).variance
    hessian = np.diag(curvature.sum(axis=1) + PRIOR_SD**-2) - curvature
    inverse: Floats = np.linalg.inv(hessian).astype(np.float64)
    return inverse


class SnapshotEvidence:
    """Evidence about one person and one kind of prompt, as of one snapshot.

    Args:
        snapshot: All derived state.
        standings: The fit to its counts.
        annotator_id: Who will vote.
        category: The prompt's category.
    """

    def __init__(
        self, snapshot: Snapshot, standings: Standings, annotator_id: str, category: str
    ) -> None:
        self._snapshot = snapshot
        self._standings = standings
        self._annotator_id = annotator_id
        self._category = category

    def games(self, models: Sequence[str]) -> Floats:
        """See :class:`Evidence`."""
        return self._standings.games(models)

    def everybody(self, models: Sequence[str]) -> Beliefs:
        """See :class:`Evidence`."""
        return self._standings.everybody(models)

    def told_of_taste(self, models: Sequence[str]) -> Floats:
        """See :class:`Evidence`."""
        known, belief = self._believe(models)
        told = np.full((len(models), len(models)), np.nan)
        told[np.ix_(known, known)] = belief.information()
        most = np.nanmax(told, initial=0.0)
        return np.where(np.isnan(told), most or 1.0, told)

    def chance_of_best(self, models: Sequence[str]) -> Floats:
        """See :class:`Evidence`."""
        known, belief = self._believe(models)
        chance = np.full(len(models), 1 / max(len(models), 1))
        if known:
            chance[known] = belief.wider(WIDER).among_best(1) * len(known) / len(models)
        return chance

    def _believe(self, models: Sequence[str]) -> tuple[list[int], Belief]:
        """Positions of the models that the taste knows, and what is believed of them."""
        index = self._snapshot.everybody.index
        known = [place for place, model_id in enumerate(models) if model_id in index]
        taste = self._snapshot.taste(self._annotator_id)
        asked = Asked(self._category)
        return known, taste.believe_models([models[place] for place in known], asked)


class EvidenceDesk:
    """Hands out evidence and keeps the fit of the newest snapshot; safe to share.

    Args:
        refresher: Has the newest snapshot.
    """

    def __init__(self, refresher: Refresher) -> None:
        self._refresher = refresher
        self._lock = threading.Lock()
        self._fitted: tuple[Snapshot, Standings] | None = None

    def for_person(self, annotator_id: str, category: str) -> SnapshotEvidence:
        """What is known now, for a battle of this person on a prompt of this category."""
        snapshot = self._refresher.current()
        return SnapshotEvidence(snapshot, self._standings(snapshot), annotator_id, category)

    def _standings(self, snapshot: Snapshot) -> Standings:
        with self._lock:
            fitted = self._fitted
            same = fitted is not None and fitted[0].desk is snapshot.desk
            if fitted is not None and same and fitted[0].last_vote_id == snapshot.last_vote_id:
                return fitted[1]
            standings = Standings(snapshot.pairs(), fitted[1] if fitted and same else None)
            self._fitted = snapshot, standings
            return standings
