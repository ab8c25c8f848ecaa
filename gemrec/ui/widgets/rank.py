"""The strip on which sides are put in order: places from best to worst, and those left out."""

from collections.abc import Sequence

from gemrec.records import Tiers
from gemrec.ui.widgets.text import plain


def rank_strip(labels: Sequence[str], urls: Sequence[str], tiers: Tiers, round_id: str) -> str:
    """Places with their sides, then the sides without a place; the script moves them.

    Args:
        labels: Letter per side.
        urls: Address of one image per side.
        tiers: The order so far, best first.
        round_id: Id of the battle, so that a new one never inherits an old order.
    """
    placed = {side for tier in tiers for side in tier}
    places = "".join(
        f'<li class="g-tier">{"".join(_token(side, labels, urls) for side in tier)}</li>'
        for tier in tiers
    )
    rest = "".join(_token(side, labels, urls) for side in range(len(labels)) if side not in placed)
    return (
        f'<div class="g-rank" data-round="{plain(round_id)}" role="group" '
        'aria-label="Your ranking, best first. Arrow keys move the chosen one.">'
        '<span class="g-end" aria-hidden="true">Best</span>'
        f'<ol class="g-tiers" aria-label="Ranked">{places}</ol>'
        '<span class="g-end" aria-hidden="true">Worst</span>'
        f'<div class="g-tray" aria-label="Not ranked">{rest}</div></div>'
    )


def _token(side: int, labels: Sequence[str], urls: Sequence[str]) -> str:
    label = plain(labels[side])
    return (
        f'<button type="button" class="g-token" data-token="{side}" '
        f'aria-label="{label}"><img src="{plain(urls[side])}" alt="" draggable="false">'
        f"<b>{label}</b></button>"
    )
