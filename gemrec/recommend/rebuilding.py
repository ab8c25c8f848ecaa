"""Proves that what is derived equals what the vote events say, and puts right what does not."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gemrec.leaderboard import Counts, counts_from_rows, restore_counts
from gemrec.recommend.elo_trail import NAME as ELO
from gemrec.recommend.elo_trail import EloTrail
from gemrec.recommend.ledger import read_changes
from gemrec.recommend.opening import NAME as COUNTS
from gemrec.store import CountRow, Store
from gemrec.store.checkpoints import Checkpoint

_CHUNK = 2000

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Finding:
    """One derived thing compared with the events.

    Attributes:
        name: What it is.
        checked: How many entries were compared; 0 when there was nothing yet.
        wrong: How many differed; all of them are right now.
        example: The first difference in words; empty when there was none.
    """

    name: str
    checked: int
    wrong: int
    example: str = ""


@dataclass(frozen=True, slots=True)
class Rebuilt:
    """What a rebuild found; ``equal`` when nothing differed.

    Attributes:
        events: Vote events read.
        votes: Votes on the board; a ranking of k counts as k - 1.
        findings: Count table, checkpoint of the counts, Elo ratings.
    """

    events: int
    votes: int
    findings: tuple[Finding, ...]

    @property
    def equal(self) -> bool:
        """Whether all that was derived was right."""
        return not any(finding.wrong for finding in self.findings)


def rebuild(store: Store, models: Sequence[str], progress: Callable[[float], None]) -> Rebuilt:
    """Make everything derived again from the events and compare it with what was there.

    Args:
        store: The database; nothing else should write to it meanwhile.
        models: Model ids of the catalog.
        progress: Told the share of events read, 0..1.
    """
    counted, elo = store.checkpoints.get(COUNTS), store.checkpoints.get(ELO)
    before = store.trail.opening()
    store.votes.rebuild_counts()
    after = store.trail.opening()
    findings = [_compare_rows(before.counts, after.counts)]
    counts = counts_from_rows(after.counts, models)
    findings.append(_check_counts(store, counted, counts, models, after.last_vote_id))
    store.checkpoints.forget()
    findings.append(_check_elo(store, elo, after.last_vote_id, progress))
    return Rebuilt(after.events, counts.pairs().votes, tuple(findings))


def _compare_rows(before: Sequence[CountRow], after: Sequence[CountRow]) -> Finding:
    stored, true = set(before), set(after)
    keys = {_key(row) for row in stored ^ true}
    example = ""
    if keys:
        key = min(keys)
        had = next((row for row in before if _key(row) == key), None)
        has = next((row for row in after if _key(row) == key), None)
        pair = f"{key[0]} against {key[1]} by {key[3]}"
        example = f"{pair}: stored {_said(had)}, the events say {_said(has)}"
    return Finding("count table", len(true), len(keys), example)


def _key(row: CountRow) -> tuple[str, str, str, str, str, int]:
    return (row.model_a, row.model_b, row.category, row.annotator_id, row.campaign, row.size)


def _said(row: CountRow | None) -> str:
    if row is None:
        return "nothing"
    numbers = (row.wins_a, row.wins_b, row.ties, row.both_good, row.both_bad)
    return "/".join(map(str, numbers))


def _check_counts(
    store: Store, found: Checkpoint | None, true: Counts, models: Sequence[str], last_vote_id: int
) -> Finding:
    """Take the events after the checkpoint in, as a start would, and compare."""
    name = "checkpoint of the counts"
    counts = None if found is None else restore_counts(found.data, models)
    if found is None or counts is None:
        return Finding(name, 0, 0)
    at = found.vote_id
    while events := store.votes.after(at, _CHUNK):
        for change in read_changes(store, events):
            if change.removed is not None:
                counts.remove(change.removed)
            if change.added is not None:
                counts.add(change.added)
        at = events[-1].id
    names = sorted({*counts.models, *true.models})
    wrong = sum(
        int((_ordered(counts, names, person) != _ordered(true, names, person)).sum())
        for person in (None, *sorted({*counts.annotators, *true.annotators}))
    )
    example = f"{wrong} numbers of pairs differ" if wrong else ""
    return Finding(name, counts.size, wrong or int(at != last_vote_id), example)


def _ordered(counts: Counts, names: Sequence[str], person: str | None) -> Floats:
    """(2, M, M) wins and ties over these models."""
    pairs = counts.pairs(annotator_id=person)
    place = {model_id: i for i, model_id in enumerate(pairs.models)}
    known = [i for i, name in enumerate(names) if name in place]
    rows = [place[names[i]] for i in known]
    result = np.zeros((2, len(names), len(names)))
    result[np.ix_((0, 1), known, known)] = np.stack([pairs.wins, pairs.ties])[
        np.ix_((0, 1), rows, rows)
    ]
    return result


def _check_elo(
    store: Store, found: Checkpoint | None, last_vote_id: int, progress: Callable[[float], None]
) -> Finding:
    """Replay all events from the first; compare where the checkpoint stood."""
    trail = EloTrail(store)
    wrong: dict[str, str] = {}
    stored: dict[str, float] = {} if found is None else json.loads(found.data)
    for end in (0 if found is None else found.vote_id, last_vote_id):
        while not trail.catch_up(end):
            progress(trail.table.last_vote_id / max(last_vote_id, 1))
        if found is not None and end == found.vote_id:
            ratings = trail.table.ratings()
            wrong = {
                model_id: f"{model_id}: stored {stored.get(model_id)}, the events say "
                f"{ratings.get(model_id)}"
                for model_id in sorted(stored.keys() | ratings.keys())
                if stored.get(model_id) != ratings.get(model_id)
            }
    trail.write()
    return Finding("Elo ratings", len(stored), len(wrong), next(iter(wrong.values()), ""))
