"""How to compare: the mode switch, how many images and sides, and which models to name."""

from collections.abc import Sequence

from gemrec.records import LARGEST_RANKING, SMALLEST_RANKING, Model
from gemrec.ui.widgets.text import count, plain

MODES: tuple[tuple[str, str, str, str], ...] = (
    ("blind", "Blind battle", "Blind", "Two hidden models; you learn their names after your vote"),
    ("named", "By name", "Named", "Two models of your choice; such votes stay off the leaderboard"),
    ("king", "King of the hill", "King", "The winner stays, hidden, and meets a new challenger"),
    ("ranking", "Ranking", "Rank", "Three to eight hidden models, put in order"),
)
"""Value, label, label where there is little room, explanation."""


def setup_bar(images: int, most_images: int) -> str:
    """The switch with its numbers; the script fills in what this person chose last.

    Args:
        images: Images per model at first.
        most_images: The largest number that can be asked for.
    """
    modes = "".join(
        f'<button type="button" role="radio" aria-checked="{"true" if n == 0 else "false"}" '
        f'tabindex="{0 if n == 0 else -1}" data-mode="{value}" title="{plain(hint)}">'
        f'<span class="g-long">{plain(long)}</span>'
        f'<span class="g-short" aria-hidden="true">{plain(short)}</span></button>'
        for n, (value, long, short, hint) in enumerate(MODES)
    )
    sizes = _options([(str(n), count(n, "image")) for n in range(1, most_images + 1)], str(images))
    sides = _options(
        [(str(n), f"{n} models") for n in range(SMALLEST_RANKING, LARGEST_RANKING + 1)], "4"
    )
    return (
        f'<div class="g-setup" data-images="{images}">'
        f'<div class="g-modes" role="radiogroup" aria-label="How to compare">{modes}</div>'
        f'<label class="g-pick" data-only="ranking"><span class="g-unseen">Models to rank</span>'
        f'<select data-setup="sides">{sides}</select></label>'
        '<label class="g-pick"><span class="g-unseen">Images per model</span>'
        f'<select data-setup="images">{sizes}</select></label>'
        '<button type="button" class="g-quiet-button g-open-history" data-history="open">'
        "<span>History</span></button></div>"
    )


def versus(models: Sequence[Model]) -> str:
    """Two selects with the models that can run here; only for people who want to see names."""
    options = [(model.id, model.name) for model in models]
    first, second = (
        f'<label class="g-pick g-model-pick"><span class="g-unseen">Model {side}</span>'
        f'<select data-setup="model">{_options(options, options[place][0])}</select></label>'
        for place, side in enumerate("AB")
    )
    return f'<div class="g-versus">{first}<span class="g-soft">against</span>{second}</div>'


def _options(options: Sequence[tuple[str, str]], chosen: str) -> str:
    return "".join(
        f'<option value="{plain(value)}"{" selected" if value == chosen else ""}>{plain(text)}</option>'
        for value, text in options
    )
