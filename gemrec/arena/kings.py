"""King of the hill: the rules of a run.

- A run is a row of blind battles of one person on one prompt, with the same seeds throughout.
- The first two models are drawn like any pair. Afterwards the king's own images stay, and a model
  that the run has not seen comes as challenger, drawn by the sampler given the king.
- The challenger becomes king only when it is voted better. After a tie, both good, both bad, a skip
  or a vote that was taken back the king stays. In the first battle, where nobody reigns yet, the
  left model then becomes king; which one stands left was a fair draw.
- The sides are drawn anew in every battle, so that the king is not favoured by its place.
- All models stay hidden until the run is ended: by its person, by a new run of theirs, or when the
  ticket of its newest battle expires. Each vote counts at once, as in any blind battle.

Who meets whom depends on earlier votes, but given the king the challenger is drawn with a known
probability that is stored, and a vote depends only on the two grids that are shown. So the
likelihood of the strengths is that of any other blind battle (the choice is ignorable: Rubin, 1976).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from gemrec.arena.events import Reign
from gemrec.errors import InputError
from gemrec.records import Battle, EventKind, Outcome, Vote
from gemrec.store import Store

_WINNERS = {Outcome.LEFT: 0, Outcome.RIGHT: 1}


@dataclass(frozen=True, slots=True)
class Bout:
    """One battle of a run and what stands of its vote; None when that was taken back."""

    battle: Battle
    outcome: Outcome | None

    @property
    def king(self) -> str:
        """The model that reigns afterwards."""
        stays = self.battle.king or 0
        return self.battle.models[
            stays if self.outcome is None else _WINNERS.get(self.outcome, stays)
        ]

    @property
    def winner(self) -> str | None:
        """The model that was voted better, or None."""
        side = None if self.outcome is None else _WINNERS.get(self.outcome)
        return None if side is None else self.battle.models[side]


@dataclass(frozen=True, slots=True)
class RunState:
    """A run as its person may see it.

    Attributes:
        run: Id of the run.
        prompt: The prompt's text.
        newest_battle: Id of the battle to go on from: ``open_battle(..., king=newest_battle)``.
        bouts: How many battles were voted on.
        wins: How many of them the king has won.
        challengers: How many models have still to meet the king; None once the run is over.
        king_name: Display name of the king; None while the run goes on, or without a vote.
        models: Display names of each battle's models, oldest first, as shown; empty while the run
            goes on.
    """

    run: str
    prompt: str
    newest_battle: str
    bouts: int
    wins: int
    challengers: int | None = None
    king_name: str | None = None
    models: tuple[tuple[str, ...], ...] = ()


@dataclass(frozen=True, slots=True)
class KingRun:
    """A run as it stands. It knows its models; only :meth:`reign` and :meth:`state` are for people.

    Attributes:
        id: Random id.
        battles: All battles, oldest first, also those that nobody could vote on.
        bouts: Those that were voted on, oldest first.
    """

    id: str
    battles: tuple[Battle, ...]
    bouts: tuple[Bout, ...]

    @property
    def king(self) -> str | None:
        """The reigning model; None before the first vote."""
        return self.bouts[-1].king if self.bouts else None

    @property
    def wins(self) -> int:
        """How many battles of the run the king has won."""
        return sum(bout.winner == self.king for bout in self.bouts)

    @property
    def met(self) -> frozenset[str]:
        """Models that have been in the run."""
        return frozenset(model_id for battle in self.battles for model_id in battle.models)

    def reign(self, battle: Battle) -> Reign:
        """Where the run stood when this battle of it was opened."""
        earlier = [bout for bout in self.bouts if bout.battle.opened_at < battle.opened_at]
        wins = 0
        if battle.king is not None:
            wins = sum(bout.winner == battle.models[battle.king] for bout in earlier)
        return Reign(self.id, len(earlier) + 1, battle.king, wins)

    def state(
        self, *, challengers: int | None = None, name_of: Callable[[str], str] | None = None
    ) -> RunState:
        """What its person may know: how it stands and, once it is over, who is who.

        Args:
            challengers: How many models have still to meet the king.
            name_of: Display name of a model; None while the run goes on.
        """
        newest = self.bouts[-1].battle if self.bouts else self.battles[-1]
        return RunState(
            run=self.id,
            prompt=newest.prompt,
            newest_battle=newest.id,
            bouts=len(self.bouts),
            wins=self.wins,
            challengers=challengers,
            king_name=None if name_of is None or self.king is None else name_of(self.king),
            models=()
            if name_of is None
            else tuple(tuple(map(name_of, bout.battle.models)) for bout in self.bouts),
        )


def read_run(store: Store, run_id: str) -> KingRun:
    """Read a run from its battles and their votes."""
    battles = store.battles.of_run(run_id)
    trails = [(battle, store.votes.of_battle(battle.id)) for battle in battles]
    bouts = tuple(Bout(battle, _standing(trail)) for battle, trail in trails if trail)
    return KingRun(run_id, battles, bouts)


def run_to_continue(
    store: Store, battle_id: str, annotator_id: str, open_ids: frozenset[str]
) -> KingRun:
    """The run of a battle, when its person may go on with it.

    Raises:
        InputError: No such battle of this person, the run is over, or nothing was voted yet.
    """
    battle = store.battles.get(battle_id)
    if battle is None or battle.annotator_id != annotator_id or battle.run not in open_ids:
        raise InputError(
            f"king: got {battle_id!r}; allowed: the newest battle of a run of yours that is not "
            "over. Start a new run."
        )
    run = read_run(store, battle.run)
    if run.king is None:
        raise InputError("king: this run has no vote yet; vote on its first battle.")
    return run


def _standing(trail: Sequence[Vote]) -> Outcome | None:
    newest = trail[-1]
    return None if newest.kind is EventKind.UNDO else newest.outcome
