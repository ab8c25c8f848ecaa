"""The arena's whole service: battles, votes, history, king's runs."""

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime

from gemrec.arena.checks import check_outcome
from gemrec.arena.choosing import ModelChooser
from gemrec.arena.doors import Doors
from gemrec.arena.events import ArenaEvent, ArenaLimits, BattleReady
from gemrec.arena.history import HistoryEntry, read_history
from gemrec.arena.kings import KingRun, RunState, read_run
from gemrec.arena.limits import OPENING, RateLimits
from gemrec.arena.opener import Opener
from gemrec.arena.planning import Planner, assigned_plan
from gemrec.arena.preparing import Preparations
from gemrec.arena.voting import VoteDesk
from gemrec.arena.wishes import Wish, make_wish
from gemrec.errors import InputError
from gemrec.records import (
    Assignment,
    BattleForm,
    BattleMode,
    EventKind,
    Image,
    Model,
    Prompt,
    Remarks,
    Reveal,
    Tiers,
    Vote,
)
from gemrec.store import Store

NOTHING = Remarks()


def never() -> bool:
    """For callers who do not cancel."""
    return False


class Arena:
    """The arena's whole service; safe to share between threads. Made by ``build_arena``.

    Args:
        store: Battles, tickets and votes.
        chooser: Chooses models.
        planner: Makes plans.
        opener: Opens battles.
        preparations: Battles that are made ahead.
        votes: Takes votes in.
        clock: Now, timezone-aware UTC.
        limits: What people may ask for.
        rates: How often they may ask.
        name_of: Display name of a model.
    """

    def __init__(
        self,
        store: Store,
        chooser: ModelChooser,
        planner: Planner,
        opener: Opener,
        preparations: Preparations,
        votes: VoteDesk,
        clock: Callable[[], datetime],
        limits: ArenaLimits,
        rates: RateLimits,
        name_of: Callable[[str], str],
    ) -> None:
        self.limits = limits
        self.doors = Doors(store, clock)
        self.model_name = name_of
        self._store = store
        self._chooser = chooser
        self._planner = planner
        self._opener = opener
        self._preparations = preparations
        self._votes = votes
        self._clock = clock
        self._rates = rates

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
        form: BattleForm = BattleForm.PAIR,
        sides: int = 2,
        king: str | None = None,
        address: str | None = None,
        cancelled: Callable[[], bool] = never,
    ) -> Iterator[ArenaEvent]:
        """Open a battle and make its images, or take the one prepared for the same wish.

        What was asked for is checked at once; the events come as the iterator is read. The last
        event is :class:`BattleReady`, or :class:`BattleFailed` when it is no contest; after a
        cancel the events just end. Closing the iterator stops the work.

        Args:
            annotator_id: Who will vote.
            prompt: What all models are asked for.
            models: Model ids to choose from; None means all that can run here.
            images: Images per side.
            mode: Blind, or named when people want to know what they compare.
            form: A pair; a pair in a king's run, see :mod:`gemrec.arena.kings`; or a ranking.
            sides: 2, or 3 to 8 for a ranking.
            king: Id of the battle of a king's run that was voted on last; None starts a run.
            address: Network address of the caller, for the rate limit; never kept.
            cancelled: Read between steps; True stops the work.

        Raises:
            InputError: The annotator is unknown, too few models, something is out of range.
            PromptError: The prompt is empty or too long.
            UnknownModelError: A model id is not in the catalog.
            RateLimitError: Too many battles in a short time.
        """
        wish = make_wish(prompt, models, images, mode, form, sides, king, self.limits)
        self.doors.check()
        self._rates.check(OPENING, annotator_id, address)
        ready = self._preparations.take(annotator_id, wish)
        if ready is not None:
            return self._opener.open(ready.plan, ready.play(cancelled), cancelled)
        return self._opener.open(self._planner.plan(annotator_id, wish), None, cancelled)

    def open_assigned(
        self,
        assignment: Assignment,
        *,
        address: str | None = None,
        cancelled: Callable[[], bool] = never,
    ) -> Iterator[ArenaEvent]:
        """Open the battle of a study's item; events as in :meth:`open_battle`.

        Models, sides, seeds and the battle's id are the assignment's; the ticket ends with it.

        Raises:
            RateLimitError: Too many battles in a short time.
        """
        self._rates.check(OPENING, assignment.annotator_id, address)
        return self._opener.open(assigned_plan(assignment), None, cancelled)

    def reopen(self, battle_id: str) -> BattleReady | None:
        """A battle that still waits for its vote, or None."""
        return self._opener.reopen(battle_id)

    def prepare(
        self,
        annotator_id: str,
        prompt: Prompt,
        *,
        models: Sequence[str] | None = None,
        images: int = 4,
        mode: BattleMode = BattleMode.BLIND,
        form: BattleForm = BattleForm.PAIR,
        sides: int = 2,
        king: str | None = None,
    ) -> None:
        """Begin to make this person's next battle; returns at once.

        ``open_battle`` with the same arguments takes it, finished or under way. It is given up when
        the person opens or prepares another one, after ten minutes, or by
        :meth:`cancel_prepared`. Its images are made only while nobody waits for others.

        Raises:
            InputError: As :meth:`open_battle`.
        """
        wish = make_wish(prompt, models, images, mode, form, sides, king, self.limits)
        if self._preparations.wish_of(annotator_id) != wish:
            self._preparations.begin(self._planner.plan(annotator_id, wish))

    def prepared(self, annotator_id: str) -> Wish | None:
        """What is prepared for this person, or None."""
        return self._preparations.wish_of(annotator_id)

    def cancel_prepared(self, annotator_id: str) -> None:
        """Stop making this person's next battle, if one is made."""
        self._preparations.cancel(annotator_id)

    def close(self) -> None:
        """Give up all prepared battles."""
        self._preparations.close()

    def hidden_images(self) -> frozenset[int]:
        """Ids of images whose models nobody may learn yet.

        They are those of every blind battle that is prepared, being made or waits for its vote, and
        of every king's run that goes on: whoever asks, the answer could reach the person who has
        still to vote.
        """
        return (
            self._store.battles.hidden_images(self._clock())
            | self._store.campaigns.hidden_images()
            | self._opener.image_ids()
            | self._preparations.image_ids()
        )

    def compare(
        self, annotator_id: str, images: Sequence[Image], address: str | None = None
    ) -> None:
        """Open a comparison of chosen images, whose models are known; :meth:`resume` shows it.

        Args:
            annotator_id: Who will vote.
            images: 2 to 8 images of one prompt, each by another model.
            address: Network address of the caller, for the rate limit; never kept.

        Raises:
            InputError: The images do not make a comparison.
            RateLimitError: Too many battles in a short time.
        """
        self._rates.check(OPENING, annotator_id, address)
        self._opener.compare(annotator_id, images)

    def resume(self, annotator_id: str) -> BattleReady | None:
        """The annotator's newest battle that still waits for a vote, or None.

        A ranking brings its draft along, a king's battle its reign.
        """
        return self._opener.resume(annotator_id)

    def cast_vote(
        self,
        token: str,
        outcome: str,
        annotator_id: str | None = None,
        *,
        ranking: Tiers | None = None,
        remarks: Remarks = NOTHING,
        address: str | None = None,
    ) -> Reveal:
        """Commit a vote, then reveal the models.

        The same vote sent again, as by a double click, stores nothing and gives the same answer. In
        a king's run that goes on the answer names nobody.

        Args:
            token: The signed ticket.
            outcome: One of the words of :class:`~gemrec.records.Outcome`.
            annotator_id: Who votes; None trusts the ticket alone.
            ranking: The order, with ``ranking`` alone: tiers of sides, best first, tied sides in
                one tier, unranked sides left out.
            remarks: Reasons, best image, reason of a skip, dwell time, zooms.
            address: Network address of the caller, for the rate limit; never kept.

        Raises:
            OutcomeError: The outcome is not allowed. The ticket stays valid.
            InputError: Outcome, ranking and remarks do not fit the battle. The ticket stays valid.
            TicketError: Forged, expired or somebody else's ticket, or used for another outcome.
                Nothing changes; the refusal is counted.
            RateLimitError: Too many votes in a short time. The ticket stays valid; the refusal is
                counted.
        """
        self.doors.check()
        return self._votes.cast(token, outcome, annotator_id, ranking, remarks, address)

    def edit(
        self,
        annotator_id: str,
        vote_id: int,
        outcome: str,
        *,
        ranking: Tiers | None = None,
        remarks: Remarks | None = None,
    ) -> Vote:
        """Replace what a vote said, also one that was taken back; the trail keeps everything.

        Args:
            annotator_id: Whose vote it is.
            vote_id: Any event of the battle's trail.
            outcome: What is said now.
            ranking: The new order, with ``ranking`` alone.
            remarks: What else is said now; None keeps the old remarks.

        Raises:
            InputError: The annotator has no such vote, or the outcome does not fit the battle.
            OutcomeError: The outcome is not allowed.
        """
        said = check_outcome(outcome)
        return self._votes.change(
            annotator_id, vote_id, EventKind.EDIT, said, ranking=ranking, remarks=remarks
        )

    def undo(self, annotator_id: str, vote_id: int) -> Vote:
        """Take a vote back, however old; the trail keeps it, everything derived forgets it.

        Raises:
            InputError: The annotator has no such vote, or it is taken back already.
        """
        return self._votes.change(annotator_id, vote_id, EventKind.UNDO, None)

    def save_draft(self, annotator_id: str, battle_id: str, ranking: Tiers) -> None:
        """Keep an unfinished order of a ranking; :meth:`resume` brings it back.

        Args:
            annotator_id: Whose battle it is.
            battle_id: The battle.
            ranking: Tiers of the sides placed so far, best first; may be empty.

        Raises:
            TicketError: It is no open battle of this person.
            InputError: It is no ranking, or the order names a side twice or one that is not there.
        """
        self._votes.save_draft(annotator_id, battle_id, ranking)

    def history(
        self, annotator_id: str, limit: int = 100, before: int | None = None
    ) -> tuple[HistoryEntry, ...]:
        """The battles that this person has voted on, last one first.

        Args:
            annotator_id: Whose.
            limit: At most this many.
            before: ``first_id`` of the last entry that is known; None for the first page.
        """
        open_runs = self._store.runs.open_ids(annotator_id, self._clock())
        return read_history(self._store, annotator_id, limit, before, self.model_name, open_runs)

    def current_run(self, annotator_id: str) -> RunState | None:
        """Where the person's open king's run stands, or None; names nobody."""
        run = self._open_run(annotator_id)
        if run is None:
            return None
        pool = {model.id for model in self.usable_models()}
        return run.state(challengers=len(pool - run.met))

    def end_run(self, annotator_id: str) -> RunState:
        """End the person's king's run and learn all names.

        Raises:
            InputError: There is no open run.
        """
        run = self._open_run(annotator_id)
        if run is None:
            raise InputError("You have no king's run that goes on; start one first.")
        self._store.runs.end(run.id, self._clock())
        return run.state(name_of=self.model_name)

    def _open_run(self, annotator_id: str) -> KingRun | None:
        ids = self._store.runs.open_ids(annotator_id, self._clock())
        return read_run(self._store, next(iter(ids))) if ids else None
