"""Leaderboards on demand: counted as votes come, fitted only when somebody looks."""

import copy
import threading
from collections.abc import Callable, Iterable, Sequence

from gemrec.leaderboard import Counts, EloTable, build_board
from gemrec.recommend.ledger import Change, counts_for_board
from gemrec.records import Board, Vote


class BoardDesk:
    """The live counts behind the boards of all snapshots.

    A snapshot asks for the board as of its own last vote. Usually the counts stand there; when
    they have moved on, the board is made from the votes that the snapshot kept.

    Args:
        models: Model ids that stand on the board even without a vote.
    """

    def __init__(self, models: Sequence[str]) -> None:
        self._models = tuple(models)
        self._lock = threading.Lock()
        self._counts = Counts(models)
        self._elo = EloTable()
        self._last_vote_id = 0

    def apply(
        self,
        changes: Iterable[Change],
        standing: Callable[[], Iterable[Vote]],
        last_vote_id: int,
    ) -> None:
        """Follow the ledger.

        Args:
            changes: What each new event did, in order.
            standing: Gives all votes that stand afterwards; called only when one was changed.
            last_vote_id: The newest event.
        """
        replay = False
        with self._lock:
            for change in changes:
                if change.removed is not None and counts_for_board(change.removed):
                    self._counts.remove(change.removed)
                    replay = True
                if change.added is not None and counts_for_board(change.added):
                    self._counts.add(change.added)
                    if not replay:
                        self._elo.apply(change.added)
            if replay:
                # Elo cannot forget a vote; it is read again without it.
                self._elo = EloTable.replay(vote for vote in standing() if counts_for_board(vote))
            self._last_vote_id = last_vote_id

    def elo(self) -> EloTable:
        """A copy of the Elo table as it stands."""
        with self._lock:
            return copy.deepcopy(self._elo)

    def board(
        self, category: str | None, last_vote_id: int, elo: EloTable, standing: Iterable[Vote]
    ) -> Board:
        """Make the board as of ``last_vote_id``.

        Args:
            category: Only this category; None for all.
            last_vote_id: The event after which the board is wanted.
            elo: The Elo table as of then.
            standing: The votes that stood then; read only when the counts have moved on.
        """
        with self._lock:
            if self._last_vote_id == last_vote_id:
                return build_board(self._counts, elo, last_vote_id, category)
        counted = (vote for vote in standing if counts_for_board(vote))
        counts = Counts.from_votes(counted, self._models)
        return build_board(counts, elo, last_vote_id, category)
