"""Records of arenas and of Pick-a-Pic as the fields of a vote.

Network addresses, which some of these files hold, are not read.
"""

import json
from collections.abc import Mapping
from typing import Any, Final

from gemrec.errors import InputError
from gemrec.exchange.fields import content_key

Record = Mapping[str, Any]
Fields = dict[str, str]

_TYPES: Final = {
    "leftvote": "a",
    "rightvote": "b",
    "tievote": "tie",
    "bothbad_vote": "both_bad",
}
_WINNERS: Final = {
    "tie (bothbad)": "both_bad",
    "tie(bothbad)": "both_bad",
    "both bad": "both_bad",
    "bothbad": "both_bad",
}
_PEOPLE: Final = ("judge_user", "judge", "user_id", "user", "annotator")
_TIMES: Final = ("created_at", "tstamp", "timestamp")


def fields_of(record: Record) -> Fields | None:
    """The fields of one record; None for one that says nothing about two models.

    Raises:
        InputError: It is none of the known forms, or a value is not allowed.
    """
    if "label_0" in record or "caption" in record:
        return _pick_a_pic(record)
    if "type" in record and "models" in record and "states" in record:
        return _arena_log(record)
    if "model_a" in record or "models" in record or "kind" in record:
        return _arena(record)
    raise InputError(
        f"got the fields {', '.join(map(str, record)) or 'none'}; allowed: model_a, model_b and "
        "winner or outcome; or model_0, model_1, label_0 and label_1"
    )


def _arena(record: Record) -> Fields:
    fields = {str(name): _text(value) for name, value in record.items()}
    winner = fields.pop("winner", "")
    fields.setdefault("outcome", winner)
    small = fields["outcome"].strip().lower()
    fields["outcome"] = _WINNERS.get(small, fields["outcome"].strip())
    fields["annotator"] = _first(record, ("annotator", *_PEOPLE))
    fields["created_at"] = _first(record, _TIMES)
    if not fields.get("prompt"):
        fields["prompt"] = _first_turn(record.get("conversation_a"))
    return fields


def _arena_log(record: Record) -> Fields | None:
    """A line of an arena's own log: votes have a type, other lines are chat."""
    outcome = _TYPES.get(str(record["type"]))
    models = record["models"]
    if outcome is None:
        return None
    if not isinstance(models, list) or len(models) != 2:
        raise InputError(f"got models {models!r}; allowed: two names")
    states = record["states"]
    first = states[0] if isinstance(states, list) and states else {}
    return {
        "model_a": _text(models[0]),
        "model_b": _text(models[1]),
        "outcome": outcome,
        "prompt": _text(first.get("prompt")) if isinstance(first, Mapping) else "",
        "created_at": _first(record, _TIMES),
    }


def _pick_a_pic(record: Record) -> Fields | None:
    """One pair of images; without a label, or of one model twice, it says nothing here."""
    models = _text(record.get("model_0")), _text(record.get("model_1"))
    if record.get("has_label") is False or models[0] == models[1]:
        return None
    labels = record.get("label_0"), record.get("label_1")
    outcome = {(1.0, 0.0): "a", (0.0, 1.0): "b", (0.5, 0.5): "tie"}.get(_pair(labels))
    if outcome is None:
        raise InputError(f"got labels {labels[0]!r} and {labels[1]!r}; allowed: 1/0, 0/1, 0.5/0.5")
    ranking = _text(record.get("ranking_id"))
    user = _text(record.get("user_id"))
    fields = {
        "model_a": models[0],
        "model_b": models[1],
        "outcome": outcome,
        "prompt": _text(record.get("caption")),
        "annotator": user,
        "created_at": _first(record, _TIMES),
    }
    if ranking:  # several pairs of images may stand for one judgement
        fields["battle_id"] = content_key(("pick-a-pic", user, ranking, *models), b"")
    return fields


def _pair(labels: tuple[Any, Any]) -> tuple[float, float]:
    try:
        return float(labels[0]), float(labels[1])
    except (TypeError, ValueError):
        return -1.0, -1.0


def _first(record: Record, names: tuple[str, ...]) -> str:
    return next((_text(record[name]) for name in names if record.get(name) not in (None, "")), "")


def _first_turn(conversation: Any) -> str:
    turn = conversation[0] if isinstance(conversation, list) and conversation else {}
    return _text(turn.get("content")) if isinstance(turn, Mapping) else ""


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, str):
        return value.strip()
    if isinstance(value, bool | int | float):
        return str(value)
    return json.dumps(value, default=str)
