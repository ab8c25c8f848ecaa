"""A person's taste in words that they can read and correct."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from gemrec.preference import Taste
from gemrec.recommend.steering import NamedAxis
from gemrec.records import TasteSettings

_Z_CLEAR: Final = 1.6449  # 95% certain of the side
_Z_LIKELY: Final = 0.6745  # 75% certain


@dataclass(frozen=True, slots=True)
class Leaning:
    """Where a person stands on one axis.

    Attributes:
        axis: Id of the axis.
        more: Name of its positive pole.
        less: Name of its negative pole.
        lean: Logits by which they favour a model one standard deviation towards ``more``.
        deviation: Standard deviation of ``lean``.
        strength: Factor that the person has set; 1 as learnt, 0 off.
    """

    axis: str
    more: str
    less: str
    lean: float
    deviation: float
    strength: float

    @property
    def certainty(self) -> float:
        """How many standard deviations away from no leaning."""
        return abs(self.lean) / self.deviation if self.deviation > 0 else 0.0

    @property
    def liked(self) -> str:
        """The pole they lean to."""
        return self.more if self.lean >= 0 else self.less

    @property
    def other(self) -> str:
        """The pole they lean away from."""
        return self.less if self.lean >= 0 else self.more

    @property
    def in_words(self) -> str:
        """The leaning as a sentence without a full stop."""
        if self.strength == 0:
            return f"{self.more} or {self.less}: you switched this off"
        if self.certainty >= _Z_CLEAR:
            return f"you like {self.liked} better than {self.other}"
        if self.certainty >= _Z_LIKELY:
            return f"you may like {self.liked} better than {self.other}"
        return f"{self.more} or {self.less}: no leaning yet"


def read_profile(
    learnt: Taste, settings: TasteSettings, named: Sequence[NamedAxis]
) -> tuple[Leaning, ...]:
    """Read a taste along the named axes, the clearest leanings first.

    Args:
        learnt: The taste as the votes taught it, before any setting.
        settings: What the person has set.
        named: The axes.
    """
    person = learnt.person
    weights, spread = person.taste, person.covariance[: person.dim, : person.dim]
    found = [
        Leaning(
            axis=n.axis.id,
            more=n.axis.more,
            less=n.axis.less,
            lean=float(n.direction @ weights),
            deviation=math.sqrt(max(float(n.direction @ spread @ n.direction), 0.0)),
            strength=settings.strengths.get(n.axis.id, 1.0),
        )
        for n in named
    ]
    return tuple(sorted(found, key=lambda leaning: -leaning.certainty))
