"""What a person has told about their taste in other ways than by votes."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType


class WishKind(StrEnum):
    """``WORDS`` are a phrase that the text tower reads, ``PICTURE`` is an example picture."""

    WORDS = "words"
    PICTURE = "picture"


@dataclass(frozen=True, slots=True)
class Wish:
    """One thing that somebody wants more of, or less of.

    Attributes:
        kind: In words or by a picture.
        what: The phrase, or the digest under which the picture's vector is kept.
        sign: 1 for more, -1 for less.
        thumbnail: A small copy of the picture as a ``data:`` address; empty for words.
    """

    kind: WishKind
    what: str
    sign: int = 1
    thumbnail: str = ""

    @property
    def key(self) -> str:
        """Names the wish among a person's wishes; more and less of one thing share it."""
        return f"{self.kind}:{self.what}"


@dataclass(frozen=True, slots=True)
class TasteSettings:
    """A person's wishes, and how much the axes of their learnt taste count.

    Attributes:
        wishes: In the order in which they were made; one per key.
        strengths: Factor per axis id; 0 switches an axis off, 1 leaves it as learnt, 2 doubles it.
            Axes that are left out count as learnt.
    """

    wishes: tuple[Wish, ...] = ()
    strengths: Mapping[str, float] = field(default_factory=lambda: MappingProxyType({}))

    @property
    def is_plain(self) -> bool:
        """Whether nothing was set, so that the votes speak alone."""
        return not self.wishes and not self.strengths

    def with_wishes(self, *added: Wish) -> "TasteSettings":
        """With more wishes; one about the same thing replaces the earlier one."""
        kept = {wish.key: wish for wish in self.wishes}
        for wish in added:
            kept.pop(wish.key, None)
            kept[wish.key] = wish
        return TasteSettings(tuple(kept.values()), self.strengths)

    def without_wish(self, key: str) -> "TasteSettings":
        """Without one wish; the same settings when there is no such wish."""
        return TasteSettings(tuple(w for w in self.wishes if w.key != key), self.strengths)

    def with_strength(self, axis: str, strength: float) -> "TasteSettings":
        """With one axis' factor; 1 takes the axis out, as that is what it counts anyway."""
        strengths = {name: value for name, value in self.strengths.items() if name != axis}
        if strength != 1.0:
            strengths[axis] = strength
        return TasteSettings(self.wishes, MappingProxyType(strengths))
