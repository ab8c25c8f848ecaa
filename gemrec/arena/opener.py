"""Opens battles: stores them, tells what their grids tell, and issues their tickets."""

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime

from gemrec.arena.choosing import CHOSEN
from gemrec.arena.comparing import open_comparison
from gemrec.arena.cooldown import Cooldown
from gemrec.arena.events import LABELS, ArenaEvent, BattleReady, BattleReplaced, Reign, Side
from gemrec.arena.history import shown_names
from gemrec.arena.kings import read_run
from gemrec.arena.likeness import Likeness
from gemrec.arena.opening import BattleRun, Names
from gemrec.arena.planning import Plan, Planner
from gemrec.arena.tickets import TicketOffice
from gemrec.errors import InputError
from gemrec.generation import GridEvent, GridService
from gemrec.records import Battle, BattleForm, BattleMode, Image, Prompt
from gemrec.store import Store, TicketRow

NEAR_IDENTICAL, NO_CONTEST = "near_identical", "no_contest"
"""Kinds of incidents."""

MOST_REPLACED = 2
"""How often one battle is replaced before the next one is shown as it is."""

PATIENCE = 0.25
"""Seconds to wait for the vectors of the last images while a person waits for the battle."""

LOOKED_THE_SAME = "Those two grids looked the same, so here come two others."


class Opener:
    """Opens battles and finds them again.

    Args:
        store: Battles, showings, tickets and incidents.
        planner: Makes another plan when two grids look the same.
        grids: Makes the images.
        tickets: Issues tickets.
        cooldown: Told which models failed or worked.
        likeness: Compares grids.
        clock: Now, timezone-aware UTC.
        new_id: Names battles, runs and showings.
        on_images: Told the prompt and the images of a battle as they come.
        name_of: Display name of a model.
    """

    def __init__(
        self,
        store: Store,
        planner: Planner,
        grids: GridService,
        tickets: TicketOffice,
        cooldown: Cooldown,
        likeness: Likeness,
        clock: Callable[[], datetime],
        new_id: Callable[[], str],
        on_images: Callable[[Prompt, Sequence[Image]], None],
        name_of: Callable[[str], str],
    ) -> None:
        self._store = store
        self._planner = planner
        self._grids = grids
        self._tickets = tickets
        self._cooldown = cooldown
        self._likeness = likeness
        self._clock = clock
        self._new_id = new_id
        self._on_images = on_images
        self._name_of = name_of
        self._lock = threading.Lock()
        self._runs: list[BattleRun] = []

    def open(
        self, plan: Plan, stream: Iterator[GridEvent] | None, cancelled: Callable[[], bool]
    ) -> Iterator[ArenaEvent]:
        """Open a planned battle and yield its events; see :meth:`gemrec.arena.Arena.open_battle`.

        Args:
            plan: Models, sides and seeds.
            stream: What its grids tell; None makes them now.
            cancelled: Read between steps; True stops the work.
        """
        avoid: set[frozenset[str]] = set()
        run_id = plan.run
        while True:
            if plan.wish.form is BattleForm.KING and not run_id:
                run_id = self._new_id()
                self._store.runs.start(run_id, plan.annotator_id, self._clock())
            run = self._begin(plan, run_id)
            with self._under_way(run):
                names = yield from run.events(stream or self._stream(plan, cancelled))
                if run.failed:
                    self.note_failure(run.failed)
                if names is None:
                    return
                other = self._another(plan, run, avoid)
                if other is None:
                    ticket = self._tickets.issue(run.battle, plan.annotator_id, plan.until)
                    break
            yield BattleReplaced(LOOKED_THE_SAME)
            plan, stream = other, None
        yield self._ready(run.battle, ticket, names)

    def _begin(self, plan: Plan, run_id: str) -> BattleRun:
        battle = plan.battle(plan.battle_id or self._new_id(), self._clock(), run_id)
        self._store.prompts.add(plan.wish.prompt)
        self._store.battles.open(battle)
        return BattleRun(
            battle,
            self._planner.requests(plan),
            self._store,
            self._cooldown,
            self._new_id,
            lambda images: self._on_images(plan.wish.prompt, images),
        )

    def _stream(self, plan: Plan, cancelled: Callable[[], bool]) -> Iterator[GridEvent]:
        is_blind = plan.wish.mode is BattleMode.BLIND
        return self._grids.stream(self._planner.requests(plan), cancelled, pairwise=is_blind)

    def _another(self, plan: Plan, run: BattleRun, avoid: set[frozenset[str]]) -> Plan | None:
        """Another plan when the grids look the same and there are other models; None otherwise."""
        if len(avoid) >= MOST_REPLACED or not self.looks_same(plan, run.images, PATIENCE):
            return None
        avoid.add(plan.pair)
        try:
            other = self._planner.plan(plan.annotator_id, plan.wish, avoid)
        except InputError:  # the king has met everybody else
            return None
        return None if other.pair in avoid else other

    def looks_same(
        self,
        plan: Plan,
        grids: Sequence[Sequence[Image]],
        patience: float,
        hurry: Callable[[], bool] = lambda: False,
    ) -> bool:
        """Whether the two grids of a blind battle can hardly be told apart; counts those that do.

        Models that people chose are shown whatever they look like, and so are rankings.
        """
        free = plan.choice.policy != CHOSEN and plan.wish.form is not BattleForm.RANKING
        if not free or plan.wish.mode is not BattleMode.BLIND:
            return False
        same = self._likeness.near_identical(grids[0], grids[1], patience, hurry)
        if same:
            self._store.incidents.count(NEAR_IDENTICAL, plan.choice.models, self._clock())
        return same

    def note_failure(self, models: Sequence[str]) -> None:
        """Count a battle whose models could not make their images, and leave them in peace."""
        for model_id in models:
            self._cooldown.failed(model_id)
        self._store.incidents.count(NO_CONTEST, models, self._clock())

    def image_ids(self) -> frozenset[int]:
        """The images of blind battles that are being made, also of sides that are ahead of others."""
        with self._lock:
            runs = tuple(self._runs)
        return frozenset().union(*(self._grids.stored(r.requests) for r in runs if r.is_blind))

    @contextmanager
    def _under_way(self, run: BattleRun) -> Iterator[None]:
        with self._lock:
            self._runs.append(run)
        try:
            yield
        finally:
            with self._lock:
                self._runs.remove(run)

    def compare(self, annotator_id: str, images: Sequence[Image]) -> None:
        """Open a named comparison of images that are there; it waits for its vote.

        Raises:
            InputError: The images do not make a comparison.
        """
        open_comparison(
            self._store, self._tickets, annotator_id, images, self._clock(), self._new_id
        )

    def resume(self, annotator_id: str) -> BattleReady | None:
        """The annotator's newest battle that still waits for a vote, or None."""
        waiting = self._waiting(annotator_id)
        if waiting is None:
            return None
        battle, row = waiting
        names = shown_names(self._store, battle.id, len(battle.models))
        return self._ready(battle, self._tickets.sign(row.id), names)

    def reopen(self, battle_id: str) -> BattleReady | None:
        """A battle that still waits for its vote, or None."""
        battle, row = self._store.battles.get(battle_id), self._store.tickets.for_battle(battle_id)
        if battle is None or row is None or row.vote_id is not None:
            return None
        if row.expires_at <= self._clock():
            return None
        names = shown_names(self._store, battle.id, len(battle.models))
        return self._ready(battle, self._tickets.sign(row.id), names)

    def _waiting(self, annotator_id: str) -> tuple[Battle, TicketRow] | None:
        """The newest battle that can still be voted on, with its ticket."""
        battle = self._store.battles.latest_open(annotator_id)
        row = None if battle is None else self._store.tickets.for_battle(battle.id)
        if battle is None or row is None or row.expires_at <= self._clock():
            return None
        return battle, row

    def _ready(self, battle: Battle, ticket: str, names: Names) -> BattleReady:
        is_named = battle.mode is BattleMode.NAMED
        ranks = battle.form is BattleForm.RANKING
        return BattleReady(
            battle_id=battle.id,
            ticket=ticket,
            sides=tuple(
                Side(label, side_names, self._name_of(model_id) if is_named else None)
                for label, side_names, model_id in zip(LABELS, names, battle.models, strict=False)
            ),
            prompt=Prompt(battle.prompt, battle.category),
            mode=battle.mode,
            form=battle.form,
            draft=self._store.drafts.get(battle.id) if ranks else None,
            reign=self._reign(battle),
        )

    def _reign(self, battle: Battle) -> Reign | None:
        return read_run(self._store, battle.run).reign(battle) if battle.run else None
