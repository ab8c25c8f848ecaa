"""A person's votes, newest first, each with its pictures, its trail, and ways to change it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from gemrec.ui.widgets.text import plain


@dataclass(frozen=True, slots=True)
class PastVote:
    """One battle that was voted on.

    Attributes:
        vote_id: The event that stands.
        prompt: What the sides were asked for.
        said: What the vote says, in words.
        kind: Form and mode in words; empty for a plain blind battle.
        extra: Reasons, best image or why it was skipped, in words.
        trail: What it said before, oldest first, in words.
        when: Time of the newest event, UTC.
        pictures: Address of one image per side.
        labels: Letter per side.
        names: Model name per side.
        undone: Whether it is taken back.
    """

    vote_id: int
    prompt: str
    said: str
    kind: str
    extra: str
    trail: tuple[str, ...]
    when: datetime
    pictures: tuple[str, ...]
    labels: tuple[str, ...]
    names: tuple[str, ...]
    undone: bool


def history(votes: Sequence[PastVote], *, is_first_page: bool, older: int | None) -> str:
    """One page of the history.

    Args:
        votes: Newest first.
        is_first_page: Whether nothing newer exists.
        older: The id before which the next page starts; None on the last page.
    """
    if not votes:
        return (
            '<div class="g-history"><p class="g-soft g-none">No votes yet. Everything you say in '
            "the Arena is kept here, and you can change it or take it back at any time.</p></div>"
        )
    rows = "".join(_row(vote) for vote in votes)
    newest = "" if is_first_page else _button("Newest", 'data-history="open"')
    more = "" if older is None else _button("Older votes", f'data-history="{older}"')
    pager = f'<div class="g-pager">{newest}{more}</div>' if newest or more else ""
    return f'<div class="g-history"><ol>{rows}</ol>{pager}</div>'


def _row(vote: PastVote) -> str:
    pictures = "".join(
        f'<figure title="{plain(name)}"><img src="{plain(url)}" alt="{plain(label)}: {plain(name)}" '
        f'loading="lazy" draggable="false"><figcaption>{plain(label)}</figcaption></figure>'
        for url, label, name in zip(vote.pictures, vote.labels, vote.names, strict=True)
    )
    kind = f'<span class="g-tag g-quiet">{plain(vote.kind)}</span>' if vote.kind else ""
    extra = f'<p class="g-soft">{plain(vote.extra)}</p>' if vote.extra else ""
    trail = "".join(f"<li>{plain(text)}</li>" for text in vote.trail)
    before = (
        f'<details><summary>Changed, see what it said before</summary><ol class="g-trail">{trail}'
        "</ol></details>"
        if trail
        else ""
    )
    state = ' class="g-undone"' if vote.undone else ""
    number = f'data-vote="{vote.vote_id}"'
    change = _button("Vote again" if vote.undone else "Change", f'data-act="change" {number}')
    undo = "" if vote.undone else _button("Take back", f'data-act="retract" {number}')
    moment = vote.when
    return (
        f'<li{state}><p class="g-when"><time datetime="{moment.isoformat()}">'
        f"{moment:%d %b %H:%M} UTC</time>{kind}</p>"
        f'<p class="g-asked">{plain(vote.prompt)}</p><div class="g-pair">{pictures}</div>'
        f'<p class="g-said">{plain(vote.said)}</p>{extra}{before}'
        f'<div class="g-acts">{change}{undo}</div></li>'
    )


def _button(label: str, attributes: str) -> str:
    return f'<button type="button" class="g-quiet-button" {attributes}>{plain(label)}</button>'
