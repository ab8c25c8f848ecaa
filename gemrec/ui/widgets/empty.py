"""What a screen shows before there is anything to show."""

from collections.abc import Sequence

from gemrec.ui.widgets.text import plain

WAYS = {
    "blind": "Type what you want to see. Two hidden models each draw it, you pick the better grid, "
    "and then you learn who they were.",
    "named": "Choose two models and type what you want to see. You know whose grid is whose, so "
    "such votes teach your own ranking but stay off the leaderboard.",
    "king": "Type what you want to see. Two hidden models draw it, the winner stays and meets one "
    "challenger after the other. End the run to learn who was king.",
    "ranking": "Type what you want to see. Three to eight hidden models draw it, and you put them "
    "in order. Ties are fine, and so is leaving some out.",
}
"""What each way to compare is, by its mode; the page shows the chosen one."""


def empty(title: str, body: str, hint: str = "") -> str:
    """A headline, a sentence that says what to do, and a weaker hint."""
    more = f'<p class="g-soft">{plain(hint)}</p>' if hint else ""
    return f'<div class="g-empty"><h2>{plain(title)}</h2><p>{plain(body)}</p>{more}</div>'


def welcome(examples: Sequence[str]) -> str:
    """The Arena before its first battle, with prompts to start from."""
    chips = "".join(
        f'<button type="button" class="g-chip" data-prompt="{plain(p)}">{plain(p)}</button>'
        for p in examples
    )
    tries = f'<p class="g-soft g-try">Start with one of these</p><div class="g-chips">{chips}</div>'
    ways = "".join(
        f'<p class="g-way" data-way="{mode}">{plain(text)}</p>' for mode, text in WAYS.items()
    )
    return (
        '<div class="g-empty g-welcome"><h2>Which model draws it better?</h2>'
        f"{ways}{tries if examples else ''}</div>"
    )
