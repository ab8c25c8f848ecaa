"""Battles and votes."""

from collections.abc import Callable

from gemrec.arena import LABELS, BattleReady, Side
from gemrec.documents.numbers import Document, number
from gemrec.records import BattleForm, Reveal


def battle_document(ready: BattleReady, url_for: Callable[[str], str]) -> Document:
    """A battle that waits for its vote; nothing in it names a model of a blind battle.

    Forms other than a blind pair say what they are: ``form``, and ``model`` per side when named.

    Args:
        ready: The battle.
        url_for: Address of a showing by its random name.
    """

    def side(shown: Side) -> Document:
        images = [url_for(name) for name in shown.names]
        named = {} if shown.model_name is None else {"model": shown.model_name}
        return {"label": shown.label, "images": images, **named}

    document: Document = {
        "ticket": ready.ticket,
        "battle_id": ready.battle_id,
        "sides": [side(shown) for shown in ready.sides],
    }
    if ready.form is not BattleForm.PAIR:
        document["form"] = str(ready.form)
    return document


def vote_document(reveal: Reveal) -> Document:
    """What a vote reveals: model ids per side, their names, and the Elo change of each.

    A vote in a king's run that goes on reveals nothing: those objects are empty then.
    """
    vote = reveal.vote
    models = {} if reveal.is_hidden else dict(zip(LABELS, vote.models, strict=False))
    document: Document = {
        "vote_id": vote.id,
        "outcome": None if vote.outcome is None else str(vote.outcome),
        "models": models,
        "names": {label: reveal.names.get(m, m) for label, m in models.items()},
        "ratings": {
            model_id: {"before": number(change.before), "after": number(change.after)}
            for model_id, change in reveal.ratings.items()
        },
    }
    if vote.ranking is not None:
        document["ranking"] = [[LABELS[side] for side in tier] for tier in vote.ranking]
    return document
