"""What the API takes beside an outcome, read into records."""

from gemrec.arena import LABELS
from gemrec.errors import InputError
from gemrec.records import ReasonTag, Remarks, Tiers


def read_ranking(said: object) -> Tiers | None:
    """A ranking as the API takes it: labels in tiers, best first, such as ``[["B"], ["A", "C"]]``.

    A tier of one may be the label itself: ``["B", ["A", "C"]]``.

    Raises:
        InputError: It is no list of labels.
    """
    if said is None:
        return None
    tiers = said if isinstance(said, list) else [None]
    lists = [tier if isinstance(tier, list) else [tier] for tier in tiers]
    sides = [[_side(label) for label in tier] for tier in lists]
    if any(side is None for tier in sides for side in tier):
        raise InputError(
            f"ranking: got {said!r}; allowed: null or labels in tiers, best first, such as "
            '[["B"], ["A", "C"]]'
        )
    return tuple(tuple(side for side in tier if side is not None) for tier in sides if tier)


def read_remarks(
    reasons: object = None,
    best: object = None,
    skip_reason: object = "",
    dwell_ms: object = None,
    zooms: object = None,
) -> Remarks:
    """What the API takes beside a vote.

    Args:
        reasons: Tags, or None.
        best: The best single image as label and place from 1, such as ``["B", 3]``, or None.
        skip_reason: Words.
        dwell_ms: Milliseconds, or None.
        zooms: How often, or None.

    Raises:
        InputError: One of them has another form.
    """
    if not isinstance(skip_reason, str | None):
        raise InputError(f"skip_reason: got {skip_reason!r}; allowed: text")
    return Remarks(
        reasons=_reasons(reasons),
        best=_best(best),
        skip_reason=(skip_reason or "").strip(),
        dwell_ms=_whole("dwell_ms", dwell_ms),
        zooms=_whole("zooms", zooms),
    )


def _reasons(said: object) -> tuple[ReasonTag, ...]:
    words = [] if said is None else said
    if isinstance(words, list) and all(word in list(ReasonTag) for word in words):
        return tuple(dict.fromkeys(map(ReasonTag, words)))
    raise InputError(f"reasons: got {said!r}; allowed: null or a list of {', '.join(ReasonTag)}")


def _best(said: object) -> tuple[int, int] | None:
    if said is None:
        return None
    if isinstance(said, list) and len(said) == 2:
        side, place = _side(said[0]), said[1]
        if side is not None and _is_whole(place) and place > 0:
            return side, place - 1
    raise InputError(f'best: got {said!r}; allowed: null or label and place, such as ["B", 3]')


def _side(label: object) -> int | None:
    """The side that a label stands for, or None."""
    is_label = isinstance(label, str) and len(label) == 1 and label in LABELS
    return LABELS.index(str(label)) if is_label else None


def _whole(name: str, said: object) -> int | None:
    if said is None:
        return None
    if isinstance(said, int) and _is_whole(said):
        return said
    raise InputError(f"{name}: got {said!r}; allowed: null or a whole number from 0")


def _is_whole(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0
