"""What a screen shows before there is anything to show."""

from collections.abc import Sequence

from gemrec.ui.widgets.text import plain


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
    return (
        '<div class="g-empty g-welcome"><h2>Which model draws it better?</h2>'
        "<p>Type what you want to see. Two hidden models each draw it, you pick the better grid, "
        "and then you learn who they were.</p>"
        f"{tries if examples else ''}</div>"
    )
