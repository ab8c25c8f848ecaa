"""Which images to show, in which order: filters, weights, a range of scores, pages."""

from collections.abc import Collection
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from gemrec.errors import InputError
from gemrec.gallery.columns import Columns, Floats
from gemrec.ranking import Weights, combine

BARS = 24
"""Bars of the histogram of scores."""

PAGE_SIZES = (1, 200)
"""Fewest and most images on a page."""

_ALL_SCORES = (0.0, 1.0)


@dataclass(frozen=True, slots=True)
class Browse:
    """What somebody wants to see.

    Attributes:
        prompt: Images of this prompt text only; empty for all.
        model: Images of this model id only; empty for all.
        category: Images of this category only; empty for all.
        search: Words that prompt or model name must contain.
        weights: How much each score counts.
        low: Least score, 0..1.
        high: Most score, 0..1.
        page: Page number from 0.
        size: Images per page.

    Raises:
        InputError: A range or a page that cannot be.
    """

    prompt: str = ""
    model: str = ""
    category: str = ""
    search: str = ""
    weights: Weights = field(default_factory=Weights)
    low: float = 0.0
    high: float = 1.0
    page: int = 0
    size: int = 48

    def __post_init__(self) -> None:
        if not 0 <= self.low <= self.high <= 1:
            raise InputError(
                f"range: got {self.low!r} to {self.high!r}; allowed: from 0 to 1, the lower first"
            )
        if not PAGE_SIZES[0] <= self.size <= PAGE_SIZES[1]:
            raise InputError(
                f"size: got {self.size!r}; allowed: {PAGE_SIZES[0]} to {PAGE_SIZES[1]}"
            )
        if self.page < 0:
            raise InputError(f"page: got {self.page!r}; allowed: 0 or more")


@dataclass(frozen=True, slots=True)
class Page:
    """Part of an answer.

    Attributes:
        places: Rows of the images to show, best first.
        scores: Their scores, 0..1.
        page: Which page it is, from 0; the last one when a later one was asked for.
        pages: How many there are, at least one.
        total: Images on all pages.
        bars: Images per bar of the histogram, before the range is applied.
        unknown: Of those images, how many have no such score, in the order of the kinds of scores;
            0 for a preference that nobody asked for.
    """

    places: tuple[int, ...]
    scores: tuple[float, ...]
    page: int
    pages: int
    total: int
    bars: tuple[int, ...]
    unknown: tuple[int, ...]


@dataclass(frozen=True)
class Shelf:
    """All images with what decides their order; one person's view of them.

    Attributes:
        columns: The images.
        names: Display names, one per model of the columns.
        popularity: (n,) raw popularity.
        preference: (n,) what the person is expected to like; None while nobody asks for it.
        hidden: Ids of images that nobody may see now.
    """

    columns: Columns
    names: tuple[str, ...]
    popularity: Floats
    preference: Floats | None = None
    hidden: Collection[int] = ()

    @cached_property
    def normalised(self) -> Floats:
        """(n, 5) values 0..1 within each prompt, in the order of the kinds of scores."""
        wish = np.full(len(self.columns), np.nan) if self.preference is None else self.preference
        known, rest = self.columns.normalised, np.stack([self.popularity, wish], axis=1)
        popular, liked = self.columns.per_prompt(rest).T
        return np.stack([known[:, 0], known[:, 1], popular, known[:, 2], liked], axis=1)

    def visible(self) -> NDArray[np.bool_]:
        """(n,) whether an image may be seen."""
        seen = np.ones(len(self.columns), bool)
        if self.hidden:
            seen[self.columns.places(np.array(sorted(self.hidden), np.int64))] = False
        return seen

    def browse(self, wanted: Browse) -> Page:
        """The page that somebody wants to see; equal scores stand newest first."""
        chosen = np.flatnonzero(self.visible() & self._passes(wanted))
        scores = combine(self.normalised, wanted.weights)
        bars = np.histogram(scores[chosen], BARS, _ALL_SCORES)[0]
        unknown = self._unknown(chosen)
        if (wanted.low, wanted.high) != _ALL_SCORES:
            inside = (scores[chosen] >= wanted.low) & (scores[chosen] <= wanted.high)
            chosen = chosen[inside]
        pages = max(-(-len(chosen) // wanted.size), 1)
        page = min(wanted.page, pages - 1)
        places = self._best(chosen, scores, page * wanted.size, (page + 1) * wanted.size)
        return Page(
            tuple(map(int, places)),
            tuple(map(float, scores[places])),
            page,
            pages,
            len(chosen),
            tuple(map(int, bars)),
            unknown,
        )

    def _unknown(self, chosen: NDArray[np.int64]) -> tuple[int, ...]:
        match, unlike, safety = np.isnan(self.columns.measured[chosen]).sum(axis=0).tolist()
        liked = 0 if self.preference is None else int(np.isnan(self.preference[chosen]).sum())
        return match, unlike, 0, safety, liked

    def _best(
        self, chosen: NDArray[np.int64], scores: Floats, first: int, last: int
    ) -> NDArray[np.int64]:
        """Rows ``first`` to ``last`` of the order; sorts no more of it than it must."""
        ordered = chosen[::-1]
        rounded = -np.round(scores[ordered], 9)
        if last < len(ordered) // 2:
            # All that is as good as the last row that is asked for, so that ties stay in order.
            edge = np.partition(rounded, last - 1)[last - 1]
            ordered = ordered[rounded <= edge]
            rounded = rounded[rounded <= edge]
        return ordered[np.argsort(rounded, kind="stable")[first:last]]

    def _passes(self, wanted: Browse) -> NDArray[np.bool_]:
        columns = self.columns
        passes = np.ones(len(columns), bool)
        for value, names, codes in (
            (wanted.prompt, columns.texts, columns.prompts),
            (wanted.model, columns.model_ids, columns.models),
            (wanted.category, columns.topics, columns.categories),
        ):
            if value:
                passes &= codes == (names.index(value) if value in names else -1)
        for word in wanted.search.casefold().split():
            in_prompt = np.array([word in text.casefold() for text in columns.texts], bool)
            in_name = np.array([word in name.casefold() for name in self.names], bool)
            passes &= in_prompt[columns.prompts] | in_name[columns.models]
        return passes
