"""What the browser says about the Arena, read with suspicion.

The page's script collects it in one component, the channel: how to compare next (the setup), what is
remarked beside a vote, and the order of a ranking. Who votes on what is never part of it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

import gradio as gr

from gemrec.errors import InputError
from gemrec.records import BattleForm, BattleMode, ReasonTag, Remarks, Tiers
from gemrec.ui.widgets.remarks import LONGEST_SKIP_REASON

_SCRIPT = """
element.addEventListener("gemrec", ({ detail }) => {
  if ("said" in detail) props.value = detail.said;
  if (detail.act === "draft") trigger("draft", detail);
  if (detail.act === "remark") trigger("remark", detail);
  if (detail.act === "names") trigger("names", detail);
  if (detail.act === "history") trigger("history", detail);
  if (detail.act === "retract") trigger("retract", detail);
  if (detail.act === "change") trigger("change_vote", detail);
});
"""
_FORMS = {
    "blind": (BattleForm.PAIR, BattleMode.BLIND),
    "named": (BattleForm.PAIR, BattleMode.NAMED),
    "king": (BattleForm.KING, BattleMode.BLIND),
    "ranking": (BattleForm.RANKING, BattleMode.BLIND),
}

_PAIR = 2


def build_channel() -> gr.HTML:
    """The component that carries what the page's script collects; shows nothing.

    A function and not a subclass: Gradio writes a stub file beside the module of every subclass.
    """
    return gr.HTML(
        value=None,
        html_template="",
        js_on_load=_SCRIPT,
        elem_id="channel",
        visible="hidden",
        apply_default_css=False,
    )


@dataclass(frozen=True, slots=True)
class Setup:
    """How a person wants to compare next.

    Attributes:
        form: A pair, a king's run or a ranking.
        mode: Blind or named.
        images: Images per side; the arena checks the range.
        sides: Number of sides; the arena checks the range.
        models: The two models of a named comparison; None otherwise.
    """

    form: BattleForm
    mode: BattleMode
    images: int
    sides: int
    models: tuple[str, ...] | None


def read_setup(said: object, images: int) -> Setup:
    """How to compare, from a channel's value.

    Args:
        said: The value; anything, or None from a page whose script has not said a word yet.
        images: Images per side when none are asked for.

    Raises:
        InputError: A mode that does not exist, a number that is none, models that are no texts.
    """
    setup = _mapping(_mapping(said).get("setup"))
    name = setup.get("mode", "blind")
    if not isinstance(name, str) or name not in _FORMS:
        raise InputError(f"mode: got {name!r}; allowed: {', '.join(_FORMS)}")
    form, mode = _FORMS[name]
    models = _texts(setup.get("models")) if mode is BattleMode.NAMED else None
    return Setup(
        form,
        mode,
        _whole(setup.get("images", images), "images"),
        _whole(setup.get("sides"), "sides") if form is BattleForm.RANKING else _PAIR,
        models,
    )


def read_remarks(said: object, round_id: str, dwell_ms: int | None = None) -> Remarks:
    """What was remarked on a battle; nothing when the value speaks of another one.

    Args:
        said: The channel's value.
        round_id: Id of the battle that the server knows to be on the stage.
        dwell_ms: Milliseconds between showing and voting, measured here.

    Raises:
        InputError: A reason that does not exist.
    """
    value = _mapping(said)
    if not round_id or value.get("round") != round_id:
        return Remarks(dwell_ms=dwell_ms)
    words = value.get("skip_reason", "")
    return Remarks(
        reasons=_reasons(value.get("reasons")),
        best=_place(value.get("best")),
        skip_reason=words.strip()[:LONGEST_SKIP_REASON] if isinstance(words, str) else "",
        dwell_ms=dwell_ms,
        zooms=_number(value.get("zooms")),
    )


def read_round(said: object) -> str:
    """Id of the battle that the page shows; empty when it says none."""
    name = _mapping(said).get("round")
    return name if isinstance(name, str) else ""


def read_ranking(said: object, round_id: str) -> Tiers:
    """The order on the strip, best first; empty when nothing is ranked.

    The arena checks that it is made of the battle's own sides, each at most once.

    Raises:
        InputError: It is not made of lists of whole numbers, or speaks of another battle.
    """
    value = _mapping(said)
    tiers = value.get("ranking") or []
    if value.get("round") != round_id:
        raise InputError("The page shows another battle by now; reload it to pick yours up.")
    if not isinstance(tiers, list) or not all(isinstance(tier, list) for tier in tiers):
        raise InputError(f"ranking: got {tiers!r}; allowed: lists of sides, best first")
    if not all(_number(side) is not None for tier in tiers for side in tier):
        raise InputError(f"ranking: got {tiers!r}; allowed: sides as whole numbers from 0")
    return tuple(tuple(tier) for tier in tiers if tier)


def number_in(event: gr.EventData, name: str) -> int | None:
    """A whole number that an event of the channel carries, or None."""
    return _number(_mapping(event._data).get(name))


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _number(value: object) -> int | None:
    whole = isinstance(value, int) and not isinstance(value, bool)
    return cast("int", value) if whole and cast("int", value) >= 0 else None


def _whole(value: object, name: str) -> int:
    number = _number(value)
    if number is None:
        raise InputError(f"{name}: got {value!r}; allowed: a whole number")
    return number


def _texts(value: object) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(text, str) for text in value):
        raise InputError(f"models: got {value!r}; allowed: two models to compare by name")
    return tuple(value)


def _reasons(value: object) -> tuple[ReasonTag, ...]:
    names: Sequence[str] = value if isinstance(value, list) else []
    try:
        return tuple(dict.fromkeys(ReasonTag(name) for name in names))
    except ValueError as error:
        allowed = ", ".join(ReasonTag)
        raise InputError(f"reasons: got {value!r}; allowed: {allowed}") from error


def _place(value: object) -> tuple[int, int] | None:
    if not isinstance(value, list) or len(value) != 2:
        return None
    side, position = (_number(part) for part in value)
    return None if side is None or position is None else (side, position)
