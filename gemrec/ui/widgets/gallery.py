"""The gallery's pages: images with their scores, one button to enlarge and another one to choose."""

from collections.abc import Callable, Collection, Sequence

from gemrec.gallery import REASONS, ScoredImage
from gemrec.ranking import KINDS
from gemrec.records import Image
from gemrec.ui.widgets.empty import empty
from gemrec.ui.widgets.text import plain

NAMES = {
    "prompt_match": "Prompt match",
    "distinctiveness": "Distinctiveness",
    "popularity": "Popularity",
    "safety": "Safety",
    "preference": "My taste",
}
"""What the scores are called on the page."""

_NO_MAP = empty(
    "No map yet",
    "Like images lie side by side here, a moment after they are drawn.",
    "Images of battles that wait for their vote stay hidden until it is cast.",
)
_UNITS = {"preference": "{:.0%}", "safety": "{:.0%}"}


def shell(weights: Sequence[float]) -> str:
    """The tab before anything is loaded: views, filters, sliders, and the places of the answers.

    Args:
        weights: What the sliders start from, in the order of the scores.
    """
    sliders = "".join(
        f'<label class="g-slider"><span>{NAMES[kind]} <small data-unknown="{kind}"></small></span><input type="range" min="0" max="2" '
        f'step="0.1" value="{weight:g}" data-weight="{kind}" data-usual="{weight:g}">'
        f"<output>{weight:.1f}</output></label>"
        for kind, weight in zip(KINDS, weights, strict=True)
    )
    views = "".join(
        f'<button type="button" role="tab" data-view="{key}" aria-selected="{first}">{name}</button>'
        for key, name, first in (
            ("images", "Images", "true"),
            ("map", "Map", "false"),
            ("podium", "My models", "false"),
        )
    )
    selects = "".join(
        f'<label class="g-pick-one"><span class="g-unseen">{name}</span>'
        f'<select data-filter="{key}" aria-label="{name}"><option value="">{every}</option>'
        "</select></label>"
        for key, name, every in (
            ("prompt", "Prompt", "All prompts"),
            ("model", "Model", "All models"),
            ("category", "Topic", "All topics"),
        )
    )
    colours = "".join(
        f'<option value="{key}">{name}</option>'
        for key, name in (
            ("model", "model"),
            ("category", "topic"),
            ("rating", "rating"),
            ("preference", "my taste"),
        )
    )
    return (
        '<div class="g-gallery" data-shown="images"><div class="g-gallery-head">'
        f'<h1 class="g-title">Gallery</h1><div class="g-views" role="tablist">{views}</div>'
        '<div class="g-chosen" data-chosen="0"><button type="button" class="g-quiet-button g-picked" '
        'data-act="picked" aria-pressed="false">Chosen <b>0</b></button>'
        '<button type="button" class="g-quiet-button" data-act="rank" disabled '
        'title="For two or more chosen images of one prompt">Rank them</button>'
        '</div></div><p class="g-gallery-said" role="status" hidden></p>'
        f'<div class="g-filters"><input type="search" data-filter="search" '
        'placeholder="Search prompts and models" aria-label="Search prompts and models">'
        f"{selects}</div>"
        '<div data-panel="images"><details class="g-weights" open><summary>Order by</summary>'
        f'<div class="g-sliders">{sliders}</div><div class="g-range"><div class="g-histogram" '
        'role="img" aria-label="How many images have which score"></div>'
        '<div class="g-two"><input type="range" min="0" max="100" value="0" data-range="low" '
        'aria-label="Lowest score"><input type="range" min="0" max="100" value="100" '
        'data-range="high" aria-label="Highest score"></div><p class="g-ends" aria-hidden="true">'
        "<span>0%</span><span>score</span><span>100%</span></p></div>"
        '<div class="g-more"><label>Columns <input type="range" min="2" max="10" value="6" '
        'data-columns></label><button type="button" class="g-link" data-act="usual">Usual order'
        "</button></div></details>"
        '<div class="g-found" data-found aria-live="polite"></div><div data-grid></div>'
        '<nav class="g-pages" aria-label="Pages" hidden><button type="button" '
        'class="g-quiet-button" data-page="-1">Previous</button><span></span>'
        '<button type="button" class="g-quiet-button" data-page="1">Next</button></nav></div>'
        f'<div data-panel="map" hidden><div data-map-empty hidden>{_NO_MAP}</div>'
        '<div class="g-map-bar"><label>Colour by '
        f"<select data-colour>{colours}</select></label>"
        '<button type="button" class="g-quiet-button" data-act="lasso" aria-pressed="false">Lasso'
        '</button><button type="button" class="g-quiet-button" data-act="closer" '
        'aria-label="Closer">+</button><button type="button" class="g-quiet-button" '
        'data-act="farther" aria-label="Farther">−</button>'  # noqa: RUF001 - a minus sign
        '<button type="button" class="g-quiet-button" data-act="whole">Whole map</button>'
        '<span class="g-soft" data-map-said role="status"></span></div>'
        '<div class="g-map-frame"><canvas tabindex="0" role="application" aria-label="Map of '
        "images: like ones lie together. Arrow keys move, plus and minus zoom, Enter shows the "
        'image in the middle."></canvas><div class="g-map-card" hidden></div></div>'
        '<ul class="g-key"></ul></div><div data-panel="podium" hidden></div></div>'
    )


def grid(
    images: Sequence[ScoredImage],
    chosen: Collection[int],
    name_of: Callable[[str], str],
    url_of: Callable[[Image], str],
) -> str:
    """Images of one page.

    Args:
        images: Best first.
        chosen: Ids of those that the person has chosen.
        name_of: Display name of a model id.
        url_of: Address of an image at full size.
    """
    cells = "".join(
        _cell(place, scored, scored.image.id in chosen, name_of(scored.image.model_id), url_of)
        for place, scored in enumerate(images)
    )
    return f'<div class="g-images g-wall">{cells}</div>'


def nothing(is_filtered: bool) -> str:
    """What stands in place of images."""
    if is_filtered:
        return empty("No image fits", "Widen the filters or the range of scores.")
    return empty(
        "No images yet",
        "Whatever is drawn in the Arena or For you can be looked through here.",
        "Images of battles that wait for their vote stay hidden until it is cast.",
    )


def _cell(
    place: int, scored: ScoredImage, chosen: bool, name: str, url_of: Callable[[Image], str]
) -> str:
    image, url = scored.image, url_of(scored.image)
    what = f"{name}: {image.prompt}, seed {image.seed}"
    pressed = str(chosen).lower()
    reasons = "".join(f'<option value="{reason}">{reason}</option>' for reason in REASONS)
    return (
        f'<figure data-image="{image.id}"><div class="g-frame"><button type="button" '
        f'class="g-cell g-ready" data-zoom="{place}" data-caption="{plain(what)}" '
        f'aria-label="Enlarge {plain(what)}"><img src="{plain(url)}?w=320" '
        f'data-full="{plain(url)}" alt="{plain(what)}" loading="lazy" draggable="false"></button>'
        f'<button type="button" class="g-pick" data-pick="{image.id}" aria-pressed="{pressed}" '
        f'aria-label="Choose {plain(what)}"></button></div>'
        f'<figcaption><span title="{plain(image.prompt)}">{plain(name)}</span>'
        f'<b title="{plain(_all_scores(scored))}">{scored.score:.0%}</b>'
        f'<label class="g-flag" title="Report this image"><select data-report="{image.id}" '
        f'aria-label="Report {plain(what)}"><option value="">Report</option>{reasons}</select>'
        "</label></figcaption></figure>"
    )


def _all_scores(scored: ScoredImage) -> str:
    def said(kind: str) -> str:
        raw = scored.raw[kind]
        if raw is None:
            return f"{NAMES[kind]}: unknown"
        value = _UNITS.get(kind, "{:.2f}").format(raw)
        return f"{NAMES[kind]}: {value} ({scored.normalised[kind]:.0%} of this prompt’s range)"  # noqa: RUF001

    return "\n".join(said(kind) for kind in KINDS)
