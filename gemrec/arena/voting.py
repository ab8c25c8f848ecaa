"""Votes: cast, repeat, edit, take back, and what they reveal."""

import hashlib
import logging
import threading
from collections import OrderedDict
from collections.abc import Callable
from datetime import datetime

from gemrec.arena.checks import check_outcome, check_remarks
from gemrec.arena.events import ArenaLimits
from gemrec.arena.limits import VOTING, RateLimits
from gemrec.arena.reveal import hidden_vote, reveal_vote
from gemrec.arena.tickets import TicketOffice
from gemrec.errors import ConsentError, InputError, TicketError
from gemrec.leaderboard import EloTable
from gemrec.logs import event
from gemrec.recommend import Refresher
from gemrec.records import BattleForm, EventKind, Outcome, Remarks, Reveal, Tiers, Vote
from gemrec.store import Store

log = logging.getLogger(__name__)

MOST_ANSWERS = 1000
"""Answers kept for those who send a vote twice."""


class VoteDesk:
    """Takes votes in; each costs one transaction, however many there were before.

    Args:
        store: Battles, tickets and votes.
        tickets: Reads tickets.
        refresher: Is nudged after each vote; also knows the ratings to reveal.
        rates: Refuses what is too much.
        limits: How long a reason may be.
        clock: Now, timezone-aware UTC.
        name_of: Display name of a model.
    """

    def __init__(
        self,
        store: Store,
        tickets: TicketOffice,
        refresher: Refresher,
        rates: RateLimits,
        limits: ArenaLimits,
        clock: Callable[[], datetime],
        name_of: Callable[[str], str],
    ) -> None:
        self._store = store
        self._tickets = tickets
        self._refresher = refresher
        self._rates = rates
        self._limits = limits
        self._clock = clock
        self._name_of = name_of
        self._lock = threading.Lock()
        self._answers: OrderedDict[int, Reveal] = OrderedDict()

    def cast(
        self,
        token: str,
        outcome: str,
        annotator_id: str | None,
        ranking: Tiers | None,
        remarks: Remarks,
        address: str | None,
    ) -> Reveal:
        """Commit a vote; see :meth:`gemrec.arena.Arena.cast_vote`."""
        said = check_outcome(outcome)
        check_remarks(remarks, said, self._limits)
        ticket_id = self._tickets.read(token)
        ticket = self._store.tickets.get(ticket_id)
        voter = annotator_id or (None if ticket is None else ticket.annotator_id)
        self._rates.check(VOTING, voter, address)
        self._check_consent(voter)
        before = self._refresher.current()
        vote = self._store.votes.cast(
            ticket_id,
            said,
            self._clock(),
            annotator_id=annotator_id,
            ranking=ranking,
            remarks=remarks,
        )
        self._refresher.nudge()
        event(log, "vote", vote_id=vote.id, battle_id=vote.battle_id, prompt=vote.prompt)
        with self._lock:
            answer = self._answers.get(vote.id)
        return answer or self._keep(self._answer(vote, before.elo, before.last_vote_id))

    def _check_consent(self, voter: str | None) -> None:
        """Refuse the vote of somebody who has not agreed yet; the ticket stays valid.

        Raises:
            ConsentError: They have not.
        """
        text = self._limits.consent
        if not text or voter is None:
            return
        digest = hashlib.sha256(text.encode()).hexdigest()
        if not self._store.consents.has(voter, digest):
            raise ConsentError(
                "Before your first vote, please read and agree to how votes are used here: the "
                "page shows the text, and so does /consent of the API."
            )

    def _answer(self, vote: Vote, before: EloTable, last_vote_id: int) -> Reveal:
        in_run = vote.form is BattleForm.KING and self._is_hidden(vote)
        if in_run or self._store.campaigns.hides(vote.campaign):
            return hidden_vote(vote)
        names = {model_id: self._name_of(model_id) for model_id in vote.models}
        # One that is said again after a restart has moved the ratings already.
        return reveal_vote(vote, before, names, is_new=vote.id > last_vote_id)

    def _keep(self, answer: Reveal) -> Reveal:
        with self._lock:
            self._answers[answer.vote.id] = answer
            while len(self._answers) > MOST_ANSWERS:
                self._answers.popitem(last=False)
        return answer

    def _is_hidden(self, vote: Vote) -> bool:
        battle = self._store.battles.get(vote.battle_id)
        open_runs = self._store.runs.open_ids(vote.annotator_id, self._clock())
        return battle is not None and battle.run in open_runs

    def change(
        self,
        annotator_id: str,
        vote_id: int,
        kind: EventKind,
        outcome: Outcome | None,
        ranking: Tiers | None = None,
        remarks: Remarks | None = None,
    ) -> Vote:
        """Append an edit or an undo to the trail of a battle.

        Raises:
            InputError: The annotator has no such vote, or it is taken back already.
        """
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
        changed = self._store.votes.append_change(
            trail[-1].id, kind, outcome, self._clock(), ranking=ranking, remarks=remarks
        )
        self._refresher.nudge()
        return changed

    def save_draft(self, annotator_id: str, battle_id: str, ranking: Tiers) -> None:
        """Keep an unfinished order; see :meth:`gemrec.arena.Arena.save_draft`."""
        battle = self._store.battles.get(battle_id)
        ticket = self._store.tickets.for_battle(battle_id)
        if battle is None or ticket is None or ticket.annotator_id != annotator_id:
            raise TicketError(f"battle: got {battle_id!r}; allowed: an open battle of yours")
        if ticket.vote_id is not None:
            raise TicketError("This battle has its vote already; edit the vote instead.")
        places = [side for tier in ranking for side in tier]
        sides = range(len(battle.models))
        if battle.form is not BattleForm.RANKING or not _are_different(places, sides):
            raise InputError(
                f"ranking: got {ranking}; allowed: tiers of the sides 0 to {len(sides) - 1} of a "
                "ranking, each at most once"
            )
        self._store.drafts.save(battle_id, ranking, self._clock())


def _are_different(places: list[int], sides: range) -> bool:
    return len(set(places)) == len(places) and set(places) <= set(sides)
