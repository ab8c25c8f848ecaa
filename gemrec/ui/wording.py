"""Sentences of the page that depend on what happened."""

from collections.abc import Sequence

from gemrec.pocket.vocabulary import UnknownWord
from gemrec.records import Outcome, Reveal, Vote
from gemrec.ui.widgets.text import count

_WORDS_SHOWN = 3


def lesson(reveal: Reveal, history: Sequence[Vote]) -> str:
    """What one vote taught us about its annotator.

    Args:
        reveal: The vote with its models' names.
        history: The annotator's votes as they stand, the new one among them.
    """
    left, right = reveal.vote.models
    outcome = reveal.vote.outcome
    if outcome is Outcome.LEFT:
        return _preferred(left, right, reveal, history)
    if outcome is Outcome.RIGHT:
        return _preferred(right, left, reveal, history)
    both = f"{reveal.names[left]} and {reveal.names[right]}"
    said = {
        Outcome.TIE: f"{both} are level for you here; both move a little closer together.",
        Outcome.BOTH_GOOD: f"{both} both work for you on a prompt like this.",
        Outcome.BOTH_BAD: f"Neither {reveal.names[left]} nor {reveal.names[right]} works for you here.",
    }
    return said.get(outcome, "Skipped: kept as a skip, no rating has moved.") if outcome else ""


def _preferred(winner: str, loser: str, reveal: Reveal, history: Sequence[Vote]) -> str:
    name = reveal.names[winner]
    mine = [v for v in history if winner in v.models and v.outcome and v.outcome.is_preference]
    if len(mine) <= 1:
        return f"Your first vote on {name}: it now counts more in your For you ranking."
    won = sum(_winner(v) == winner for v in mine)
    return f"You have preferred {name} in {won} of {count(len(mine), 'comparison')}, now also over {reveal.names[loser]}."


def _winner(vote: Vote) -> str | None:
    if vote.outcome is Outcome.LEFT:
        return vote.models[0]
    return vote.models[1] if vote.outcome is Outcome.RIGHT else None


def unknown_notice(words: Sequence[UnknownWord]) -> str:
    """Which words of a prompt the models do not know and what to try; empty when all are known."""
    if not words:
        return ""
    shown = [
        f"“{w.word}”" + (f" (try {' or '.join(w.nearest[:2])})" if w.nearest else "")
        for w in words[:_WORDS_SHOWN]
    ]
    more = len(words) - len(shown)
    tail = f" and {count(more, 'more word')}" if more else ""
    return f"These models do not know {', '.join(shown)}{tail}; they will draw the rest."
