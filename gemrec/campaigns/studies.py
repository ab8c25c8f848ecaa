"""Running studies: who gets what next, and how far everything is."""

import secrets
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np

from gemrec.arena import Arena, ArenaEvent, BattleFailed, BattleReady
from gemrec.campaigns.spec import CampaignSpec, stored_spec
from gemrec.errors import InputError
from gemrec.records import Assignment, Campaign, CampaignState, Standing
from gemrec.store import Store
from gemrec.store.assignments import Rules
from gemrec.store.campaigns import Progress

_ID_BYTES = 12
_FEWEST_FOR_SPEED = 5  # judgements from which the time left is said


@dataclass(frozen=True, slots=True)
class Place:
    """Where one person stands in a study.

    Attributes:
        campaign: The study.
        spec: Its specification.
        answered: Their judgements that stand, gold and repeats among them.
        most: How many they can make at most; None when only the queue limits them.
        waiting: Whether they hold an item.
        left: Items that still need somebody.
    """

    campaign: Campaign
    spec: CampaignSpec
    answered: int
    most: int | None
    waiting: bool
    left: int


@dataclass(frozen=True, slots=True)
class Status:
    """How a study is, for its owner.

    Attributes:
        campaign: The study.
        spec: Its specification.
        progress: How far it is.
        standings: Each person, the busiest first.
        flagged: Ids of people with too many wrong gold answers.
        seconds_left: Work that is left, in seconds of one person's time; None while unknown.
        time_left: When it will be done at the pace so far, in seconds from now; None while unknown.
    """

    campaign: Campaign
    spec: CampaignSpec
    progress: Progress
    standings: tuple[Standing, ...]
    flagged: tuple[str, ...]
    seconds_left: float | None
    time_left: float | None


class Studies:
    """Studies of one database; safe to share between threads.

    Args:
        store: Studies, assignments and votes.
        arena: Shows the battles and takes the votes.
        clock: Now, timezone-aware UTC.
        rng_factory: A fresh random generator.
    """

    def __init__(
        self,
        store: Store,
        arena: Arena,
        clock: Callable[[], datetime],
        rng_factory: Callable[[], np.random.Generator],
    ) -> None:
        self._store = store
        self._arena = arena
        self._clock = clock
        self._rng_factory = rng_factory

    # ---- for owners ----

    def create(self, spec: CampaignSpec) -> Campaign:
        """Store a study; it gives work out at once.

        Raises:
            InputError: There is one of this id.
        """
        self._store.campaigns.create(spec.id, spec.to_json(), spec.items(), self._clock())
        return self.get(spec.id)

    def get(self, campaign_id: str) -> Campaign:
        """One study.

        Raises:
            InputError: There is none of this id.
        """
        found = self._store.campaigns.get(campaign_id)
        if found is None:
            known = ", ".join(c.id for c in self.all()) or "none yet"
            raise InputError(f"campaign: got {campaign_id!r}; allowed: {known}")
        return found

    def all(self) -> tuple[Campaign, ...]:
        """Every study, the newest first."""
        return self._store.campaigns.all()

    def set_state(self, campaign_id: str, state: CampaignState) -> Campaign:
        """Open, pause or close a study; a closed one stays so.

        Raises:
            InputError: There is none of this id, or it is closed.
        """
        if (
            self.get(campaign_id).state is CampaignState.CLOSED
            and state is not CampaignState.CLOSED
        ):
            raise InputError(f"campaign: {campaign_id!r} is closed; make a new one")
        self._store.campaigns.set_state(campaign_id, state, self._clock())
        return self.get(campaign_id)

    def status(self, campaign_id: str) -> Status:
        """How a study is.

        Raises:
            InputError: There is none of this id.
        """
        campaign = self.get(campaign_id)
        spec = stored_spec(campaign.spec)
        now = self._clock()
        progress = self._store.campaigns.progress(campaign_id, spec.overlap, now)
        standings = self._store.campaigns.standings(campaign_id, now)
        left = progress.wanted - progress.answered
        return Status(
            campaign,
            spec,
            progress,
            standings,
            tuple(s.annotator_id for s in standings if s.wrong >= spec.gold_mistakes),
            self._work_left(campaign_id, left),
            self._time_left(campaign, progress.answered, left, now),
        )

    def _work_left(self, campaign_id: str, left: int) -> float | None:
        times = [
            said.dwell_ms
            for said in self._store.campaigns.judgements(campaign_id)
            if said.dwell_ms is not None
        ]
        if len(times) < _FEWEST_FOR_SPEED:
            return 0.0 if left == 0 else None
        return left * float(np.median(times)) / 1000

    def _time_left(
        self, campaign: Campaign, answered: int, left: int, now: datetime
    ) -> float | None:
        """At the mean pace since the first judgement."""
        if left == 0:
            return 0.0
        said = self._store.campaigns.judgements(campaign.id)
        if answered < _FEWEST_FOR_SPEED:
            return None
        passed = (now - min(one.cast_at for one in said)).total_seconds()
        return passed / answered * left if passed > 0 else None

    # ---- for annotators ----

    def places(self, annotator_id: str | None) -> tuple[Place, ...]:
        """Where a person stands in every study that is not closed, the newest first."""
        return tuple(
            self.place(campaign.id, annotator_id)
            for campaign in self.all()
            if campaign.state is not CampaignState.CLOSED
        )

    def place(self, campaign_id: str, annotator_id: str | None) -> Place:
        """Where a person stands in one study.

        Raises:
            InputError: There is none of this id.
        """
        campaign = self.get(campaign_id)
        spec = stored_spec(campaign.spec)
        now = self._clock()
        progress = self._store.campaigns.progress(campaign_id, spec.overlap, now)
        mine = next(
            (
                s
                for s in self._store.campaigns.standings(campaign_id, now)
                if s.annotator_id == annotator_id
            ),
            None,
        )
        return Place(
            campaign,
            spec,
            0 if mine is None else mine.answered,
            spec.per_annotator,
            mine is not None and mine.holding > 0,
            progress.items - progress.complete,
        )

    def assign(self, campaign_id: str, annotator_id: str) -> Assignment | None:
        """The item that a person holds, or their next one; None when there is nothing for them.

        Raises:
            InputError: There is no such study, or it gives nothing out.
        """
        campaign = self.get(campaign_id)
        if campaign.state is not CampaignState.OPEN:
            raise InputError(f"This study is {campaign.state.value}; choose another one.")
        spec = stored_spec(campaign.spec)
        rng = self._rng_factory()
        now = self._clock()
        return self._store.assignments.lease(
            campaign_id,
            annotator_id,
            Rules(
                spec.overlap,
                spec.per_annotator,
                spec.gold_every if spec.gold else 0,
                spec.repeat_every,
            ),
            secrets.token_hex(_ID_BYTES),
            now,
            now + timedelta(minutes=spec.lease_minutes),
            turn=bool(rng.integers(2)),
            order=int(rng.integers(1, 7919)),
        )

    def open_next(
        self,
        campaign_id: str,
        annotator_id: str,
        *,
        address: str | None = None,
        cancelled: Callable[[], bool] = lambda: False,
    ) -> Iterator[ArenaEvent] | None:
        """Show a person their next item, or the one they hold; None when there is none for them.

        An item whose images cannot be made is given back, and set aside after three failures.

        Raises:
            InputError: There is no such study, or it gives nothing out.
            RateLimitError: Too many battles in a short time.
        """
        for _ in range(2):
            assignment = self.assign(campaign_id, annotator_id)
            if assignment is None:
                return None
            ready = self._arena.reopen(assignment.battle_id)
            if ready is not None:
                return iter([ready])
            if self._store.battles.get(assignment.battle_id) is None:
                events = self._arena.open_assigned(assignment, address=address, cancelled=cancelled)
                return self._watched(assignment, events)
            # Its battle was begun but never shown, as when the program was stopped in between.
            self._store.assignments.release(assignment.id)
        return None

    def give_back(self, battle_id: str) -> None:
        """Let somebody else have the item of this battle, at once."""
        found = self._store.assignments.of_battle(battle_id)
        if found is not None and not self._store.votes.of_battle(battle_id):
            self._store.assignments.release(found.id)

    def study_of(self, battle_id: str) -> str:
        """Id of the study that a battle belongs to; empty for none."""
        found = self._store.assignments.of_battle(battle_id) if battle_id else None
        return "" if found is None else found.campaign_id

    def _watched(
        self, assignment: Assignment, events: Iterator[ArenaEvent]
    ) -> Iterator[ArenaEvent]:
        is_ready = failed = False
        try:
            for event in events:
                is_ready = isinstance(event, BattleReady)
                failed = isinstance(event, BattleFailed)
                yield event
        finally:
            if not is_ready:
                self._store.assignments.release(assignment.id, failed=failed)
