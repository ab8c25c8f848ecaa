"""One vote event from named texts: the columns of design's vote CSV, and those of our own exports."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, Final

from gemrec.errors import InputError
from gemrec.leaderboard.votes_file import OUTCOMES, SYNONYMS
from gemrec.records import (
    LARGEST_RANKING,
    SMALLEST_RANKING,
    BattleForm,
    BattleMode,
    EventKind,
    Outcome,
    ReasonTag,
)
from gemrec.store import IncomingVote
from gemrec.store.rows import to_text

BASE: Final = ("annotator", "prompt", "category", "model_a", "model_b", "outcome", "created_at")
"""Columns of a plain vote CSV."""
OWN: Final = (
    "battle_id", "kind", "step", "models", "ranking", "mode", "form", "campaign", "seeds", "policy",
    "propensity", "opened_at", "reasons", "best", "skip_reason", "dwell_ms", "zooms",
)  # fmt: skip
"""Further columns that our own exports have."""
LONGEST_NAME: Final = 200
_FURTHER: Final = {"skip": Outcome.SKIP, "ranking": Outcome.RANKING}
_ALLOWED: Final = ", ".join((*OUTCOMES, "skip"))


def plain_vote(values: Sequence[str], key: bytes) -> IncomingVote:
    """A vote of which only the base columns are known.

    Args:
        values: One text per column of :data:`BASE`, checked by ``line_problem``.
        key: What tells it from equal lines of the same file.

    Raises:
        InputError: A name is too long, or the time is none.
    """
    annotator, prompt, category, first, second, word, time = values
    outcome = outcome_of(word)
    person, name = person_of(annotator)
    return IncomingVote(
        battle_id=content_key(values, key),
        annotator_id=person,
        annotator_name=name,
        prompt=prompt,
        category=category,
        models=(first, second),
        outcome=outcome.value,
        cast_at=moment_of(time),
    )


def full_event(fields: Mapping[str, str], key: bytes) -> IncomingVote:
    """An event with any of the columns of :data:`BASE` and :data:`OWN`; missing ones are empty.

    Raises:
        InputError: A value is not allowed.
    """
    got = fields.get
    models = _models(fields)
    kind = _word(EventKind, "kind", got("kind") or "cast")
    step = _whole("step", got("step", "")) or 0
    word = got("outcome", "")
    outcome = None if kind is EventKind.UNDO else outcome_of(word)
    if (kind is EventKind.CAST) is (step > 0) or (kind is EventKind.UNDO and word):
        raise InputError(
            f"got kind {kind.value!r} at step {step} with outcome {word!r}; allowed: cast at 0, "
            "edit later, undo later and without an outcome"
        )
    form = _form(got("form", ""), outcome, models)
    person, name = person_of(got("annotator", ""))
    best = _best(got("best", ""), len(models))
    base = [got(column, "") for column in BASE]
    return IncomingVote(
        battle_id=got("battle_id") or content_key(base, key),
        annotator_id=person,
        annotator_name=name,
        prompt=got("prompt", ""),
        category=got("category", ""),
        models=models,
        outcome=None if outcome is None else outcome.value,
        kind=kind.value,
        step=step,
        cast_at=moment_of(got("created_at", "")),
        opened_at=moment_of(got("opened_at", "")),
        mode=_word(BattleMode, "mode", got("mode") or "blind").value,
        form=form.value,
        campaign=got("campaign", ""),
        seeds=json.dumps(_numbers("seeds", got("seeds", ""))),
        policy=got("policy") or "imported",
        propensity=_share(got("propensity", "")),
        ranking=_ranking(got("ranking", ""), outcome, len(models)),
        reasons=_reasons(got("reasons", "")),
        best_side=best[0],
        best_position=best[1],
        skip_reason=got("skip_reason", ""),
        dwell_ms=_whole("dwell_ms", got("dwell_ms", "")),
        zooms=_whole("zooms", got("zooms", "")),
    )


def outcome_of(word: str) -> Outcome:
    """The outcome that a word stands for.

    Raises:
        InputError: For none.
    """
    small = word.lower()
    found = OUTCOMES.get(SYNONYMS.get(small, small)) or _FURTHER.get(small)
    if found is None:
        raise InputError(f"got outcome {word!r}; allowed: {_ALLOWED}")
    return found


@lru_cache(maxsize=100_000)
def person_of(name: str) -> tuple[str, str]:
    """Id and name of an imported annotator; the same for the same name.

    The id is not that of anybody who has voted here, whatever the name: a file can claim any.

    Raises:
        InputError: The name is too long.
    """
    if len(name) > LONGEST_NAME:
        raise InputError(f"got an annotator of {len(name)} characters; allowed: {LONGEST_NAME}")
    return "imported-" + hashlib.blake2b(name.encode(), digest_size=12).hexdigest(), name


def content_key(values: Sequence[str], key: bytes) -> str:
    """Id of a battle that has none, from what is known of it."""
    content = "\x1f".join(values).encode("utf-8", "surrogatepass")
    return "i" + hashlib.blake2b(content, key=key, digest_size=12).hexdigest()


def moment_of(text: str) -> str:
    """A time in ISO 8601 (UTC unless it says otherwise) or in seconds since 1970, as stored.

    Raises:
        InputError: Neither.
    """
    if not text:
        return ""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        try:
            moment = datetime.fromtimestamp(float(text), UTC)
        except (ValueError, OverflowError, OSError):
            raise InputError(
                f"got created_at {text!r}; allowed: a time such as 2026-03-01T12:00:00Z, or "
                "seconds since 1970"
            ) from None
    return to_text(moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC))


def _models(fields: Mapping[str, str]) -> tuple[str, ...]:
    listed = _json("models", fields.get("models", ""))
    models = listed or [fields.get("model_a", ""), fields.get("model_b", "")]
    if not isinstance(models, list) or not all(isinstance(m, str) and m for m in models):
        raise InputError("got no name for a model")
    return tuple(models)


def _form(word: str, outcome: Outcome | None, models: tuple[str, ...]) -> BattleForm:
    form = _word(BattleForm, "form", word) if word else _likely_form(outcome)
    ranks = form is BattleForm.RANKING
    fits = SMALLEST_RANKING <= len(models) <= LARGEST_RANKING if ranks else len(models) == 2
    if not fits or (not ranks and models[0] == models[1]):
        raise InputError(
            f"got the models {', '.join(map(repr, models))} for a {form.value}; allowed: two "
            f"different ones, or {SMALLEST_RANKING} to {LARGEST_RANKING} of a ranking"
        )
    if outcome not in (None, Outcome.SKIP) and ranks is not (outcome is Outcome.RANKING):
        raise InputError(f"got outcome {str(outcome)!r} for a {form.value}")
    return form


def _likely_form(outcome: Outcome | None) -> BattleForm:
    return BattleForm.RANKING if outcome is Outcome.RANKING else BattleForm.PAIR


def _ranking(text: str, outcome: Outcome | None, sides: int) -> str | None:
    if outcome is not Outcome.RANKING:
        return None
    tiers = _json("ranking", text)
    is_nested = isinstance(tiers, list) and all(isinstance(tier, list) for tier in tiers)
    places = [side for tier in tiers for side in tier] if is_nested else []
    are_whole = all(isinstance(side, int) and not isinstance(side, bool) for side in places)
    fits = are_whole and len(places) == len(set(places)) and set(places) <= set(range(sides))
    if not fits or len(places) < 2:
        raise InputError(
            f"got ranking {text!r}; allowed: tiers of at least two of the sides 0 to {sides - 1}"
        )
    return json.dumps(tiers)


def _best(text: str, sides: int) -> tuple[int | None, int | None]:
    if not text:
        return None, None
    best = _numbers("best", text)
    if len(best) != 2 or not 0 <= best[0] < sides or best[1] < 0:
        raise InputError(f"got best {text!r}; allowed: a side and a place, such as [0, 2]")
    return best[0], best[1]


def _reasons(text: str) -> str:
    if not text:
        return "[]"
    names = _json("reasons", text)
    if not isinstance(names, list) or not set(map(str, names)) <= set(ReasonTag):
        raise InputError(f"got reasons {text!r}; allowed: a list of {', '.join(ReasonTag)}")
    return json.dumps(names)


def _numbers(what: str, text: str) -> list[int]:
    numbers = _json(what, text) or []
    if not isinstance(numbers, list) or not all(isinstance(n, int) for n in numbers):
        raise InputError(f"got {what} {text!r}; allowed: a list of whole numbers")
    return numbers


def _json(what: str, text: str) -> Any:
    if not text:
        return None
    try:
        return json.loads(text)
    except ValueError:
        raise InputError(f"got {what} {text!r}; allowed: JSON") from None


def _word(kind: Any, what: str, word: str) -> Any:
    try:
        return kind(word)
    except ValueError:
        raise InputError(f"got {what} {word!r}; allowed: {', '.join(kind)}") from None


def _whole(what: str, text: str) -> int | None:
    if not text:
        return None
    try:
        number = int(float(text))
    except (ValueError, OverflowError):
        number = -1
    if number < 0:
        raise InputError(f"got {what} {text!r}; allowed: a whole number from 0")
    return number


def _share(text: str) -> float | None:
    if not text:
        return None
    try:
        share = float(text)
    except ValueError:
        share = -1.0
    if not 0 <= share <= 1:
        raise InputError(f"got propensity {text!r}; allowed: a number from 0 to 1")
    return share
