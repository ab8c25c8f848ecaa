"""Battles: open one, vote on it, take the vote back, pick it up again after a reload."""

import secrets
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime

import numpy as np

from gemrec.arena.checks import check_images, check_outcome, check_prompt
from gemrec.arena.choosing import PairChooser
from gemrec.arena.cooldown import Cooldown
from gemrec.arena.events import LABELS, ArenaEvent, ArenaLimits, BattleReady, Side
from gemrec.arena.opening import BattleRun, Names
from gemrec.arena.reveal import reveal_vote
from gemrec.arena.sampling import PairSampler
from gemrec.arena.tickets import TicketOffice
from gemrec.catalog import Catalog
from gemrec.errors import InputError, TicketError
from gemrec.generation import GridRequest, GridService
from gemrec.recommend import Refresher
from gemrec.records import (
    Battle,
    BattleMode,
    EventKind,
    Image,
    Model,
    Outcome,
    Prompt,
    Remarks,
    Reveal,
    Vote,
)
from gemrec.store import Store, TicketRow

_ID_BYTES = 12
_SEED_LIMIT = 2**31


def random_id() -> str:
    """A random name that cannot be guessed and says nothing."""
    return secrets.token_hex(_ID_BYTES)


def ignore(prompt: Prompt, images: Sequence[Image]) -> None:
    """For arenas whose images nobody waits for."""


def never() -> bool:
    """For callers who do not cancel."""
    return False


class Arena:
    """The arena's whole service.

    Args:
        store: Battles, tickets and votes.
        catalog: The models.
        grids: Makes the images.
        tickets: Issues and reads tickets.
        sampler: Draws pairs.
        refresher: Is nudged after each vote; also knows the ratings to reveal.
        clock: Now, timezone-aware UTC.
        rng_factory: A fresh random generator per battle.
        limits: What people may ask for.
        on_images: Told the prompt and all images of a battle once they are there.
        new_id: Names battles and showings; must not be guessable.
    """

    def __init__(
        self,
        store: Store,
        catalog: Catalog,
        grids: GridService,
        tickets: TicketOffice,
        sampler: PairSampler,
        refresher: Refresher,
        clock: Callable[[], datetime],
        rng_factory: Callable[[], np.random.Generator],
        limits: ArenaLimits,
        on_images: Callable[[Prompt, Sequence[Image]], None] = ignore,
        new_id: Callable[[], str] = random_id,
    ) -> None:
        self.limits = limits
        self._store = store
        self._catalog = catalog
        self._grids = grids
        self._tickets = tickets
        self._refresher = refresher
        self._clock = clock
        self._rng_factory = rng_factory
        self._on_images = on_images
        self._new_id = new_id
        self._lock = threading.Lock()
        self._runs: list[BattleRun] = []
        self._cooldown = Cooldown(clock)
        self._chooser = PairChooser(catalog, store, grids.problem, sampler, self._cooldown)

    def usable_models(self) -> tuple[Model, ...]:
        """Models on offer that can run on this machine."""
        return self._chooser.usable()

    def open_battle(
        self,
        annotator_id: str,
        prompt: Prompt,
        *,
        models: Sequence[str] | None = None,
        images: int = 4,
        mode: BattleMode = BattleMode.BLIND,
        cancelled: Callable[[], bool] = never,
    ) -> Iterator[ArenaEvent]:
        """Open a battle and make its images.

        What was asked for is checked at once; the events come as the iterator is read. The last
        event is :class:`BattleReady`, or :class:`BattleFailed` when it is no contest; after a
        cancel the events just end. Closing the iterator stops the work.

        Args:
            annotator_id: Who will vote.
            prompt: What both models are asked for.
            models: Model ids to choose from; None means all that can run here.
            images: Images per side.
            mode: Blind, or named when people want to know what they compare.
            cancelled: Read between steps; True stops the work.

        Raises:
            InputError: The annotator is unknown, too few models, a bad number of images.
            PromptError: The prompt is empty or too long.
            UnknownModelError: A model id is not in the catalog.
        """
        asked = check_prompt(prompt, self.limits)
        count = check_images(images, self.limits)
        if self._store.annotators.get(annotator_id) is None:
            raise InputError(f"annotator: got {annotator_id!r}; allowed: one who has signed in")
        rng = self._rng_factory()
        sides, policy, propensity = self._chooser.choose(models, mode, rng)
        battle = Battle(
            id=self._new_id(),
            annotator_id=annotator_id,
            prompt=asked.text,
            category=asked.category,
            mode=mode,
            models=sides,
            seeds=tuple(int(s) for s in rng.integers(_SEED_LIMIT, size=count)),
            policy=policy,
            propensity=propensity,
            opened_at=self._clock(),
        )
        return self._open(battle, asked, cancelled)

    def _open(
        self, battle: Battle, prompt: Prompt, cancelled: Callable[[], bool]
    ) -> Iterator[ArenaEvent]:
        self._store.prompts.add(prompt)
        self._store.battles.open(battle)
        models = [self._catalog.get(model_id) for model_id in battle.models]
        stream = self._grids.stream(
            [GridRequest(model, prompt, battle.seeds) for model in models],
            cancelled,
            pairwise=battle.mode is BattleMode.BLIND,
        )
        run = BattleRun(battle, models, self._store, self._cooldown, self._new_id)
        with self._under_way(run):
            names = yield from run.events(stream)
            self._on_images(prompt, run.images)
            if names is None:
                return
            ticket = self._tickets.issue(battle, battle.annotator_id)
        yield self._ready(battle, ticket, names)

    @contextmanager
    def _under_way(self, run: BattleRun) -> Iterator[None]:
        with self._lock:
            self._runs.append(run)
        try:
            yield
        finally:
            with self._lock:
                self._runs.remove(run)

    def hidden_images(self) -> frozenset[int]:
        """Ids of images whose models nobody may learn yet.

        They are those of every blind battle that is being made or waits for its vote: whoever
        asks, the answer could reach the person who has still to vote.
        """
        with self._lock:
            under_way = {image.id for run in self._runs if run.is_blind for image in run.images}
        return self._store.battles.hidden_images(self._clock()) | under_way

    def _ready(self, battle: Battle, ticket: str, names: Names) -> BattleReady:
        known = self._store.models.known() if battle.mode is BattleMode.NAMED else {}
        left, right = (
            Side(label, side_names, known.get(model_id))
            for label, side_names, model_id in zip(LABELS, names, battle.models, strict=True)
        )
        prompt = Prompt(battle.prompt, battle.category)
        return BattleReady(battle.id, ticket, (left, right), prompt, battle.mode)

    def resume(self, annotator_id: str) -> BattleReady | None:
        """The annotator's newest battle that still waits for a vote, or None."""
        waiting = self._waiting(annotator_id)
        if waiting is None:
            return None
        battle, row = waiting
        left, right = ([""] * len(battle.seeds) for _ in LABELS)
        for showing in self._store.battles.showings(battle.id):
            (left, right)[showing.side][showing.position] = showing.name
        return self._ready(battle, self._tickets.sign(row.id), (tuple(left), tuple(right)))

    def _waiting(self, annotator_id: str) -> tuple[Battle, TicketRow] | None:
        """The newest battle that can still be voted on, with its ticket."""
        battle = self._store.battles.latest_open(annotator_id)
        row = None if battle is None else self._store.tickets.for_battle(battle.id)
        if battle is None or row is None or row.expires_at <= self._clock():
            return None
        return battle, row

    def cast_vote(
        self,
        token: str,
        outcome: str,
        annotator_id: str | None = None,
        dwell_ms: int | None = None,
    ) -> Reveal:
        """Commit a vote, then reveal the models.

        Args:
            token: The signed ticket.
            outcome: One of the words of :class:`~gemrec.records.Outcome`.
            annotator_id: Who votes; None trusts the ticket alone.
            dwell_ms: Milliseconds between showing and voting.

        Raises:
            OutcomeError: The outcome is not allowed. The ticket stays valid.
            TicketError: Forged, used, expired or somebody else's ticket. Nothing changes.
        """
        said = check_outcome(outcome)
        ticket_id = self._tickets.read(token)
        row = self._store.tickets.get(ticket_id)
        if row is not None and annotator_id is not None and row.annotator_id != annotator_id:
            self._tickets.refuse("annotator")
            raise TicketError(
                "This ticket belongs to another annotator; open a battle of your own."
            )
        before = self._refresher.current()
        vote = self._store.votes.cast(
            ticket_id, said, self._clock(), remarks=Remarks(dwell_ms=dwell_ms)
        )
        self._refresher.nudge()
        return reveal_vote(vote, before.board(), self._store.models.known())

    def edit(self, annotator_id: str, vote_id: int, outcome: str) -> Vote:
        """Replace what a vote said, also one that was taken back; the trail keeps everything.

        Raises:
            InputError: The annotator has no such vote.
            OutcomeError: The outcome is not allowed.
        """
        said = check_outcome(outcome)
        return self._change(annotator_id, vote_id, EventKind.EDIT, said)

    def undo(self, annotator_id: str, vote_id: int) -> Vote:
        """Take a vote back; the trail keeps it, everything derived forgets it.

        Raises:
            InputError: The annotator has no such vote, or it is taken back already.
        """
        return self._change(annotator_id, vote_id, EventKind.UNDO, None)

    def _change(
        self, annotator_id: str, vote_id: int, kind: EventKind, outcome: Outcome | None
    ) -> Vote:
        named = next(iter(self._store.votes.after(vote_id - 1, limit=1)), None)
        trail = () if named is None else self._store.votes.of_battle(named.battle_id)
        if (
            named is None
            or named.id != vote_id
            or named.annotator_id != annotator_id
            or (kind is EventKind.UNDO and trail[-1].kind is EventKind.UNDO)
        ):
            raise InputError(
                f"vote: got {vote_id!r}; allowed: a vote of yours that is not taken back already"
            )
        changed = self._store.votes.append_change(trail[-1].id, kind, outcome, self._clock())
        self._refresher.nudge()
        return changed

    def history(self, annotator_id: str, limit: int = 100) -> tuple[Vote, ...]:
        """The annotator's votes as they stand, newest first."""
        votes = sorted(self._store.votes.current(annotator_id), key=lambda v: v.id, reverse=True)
        return tuple(votes[:limit])
