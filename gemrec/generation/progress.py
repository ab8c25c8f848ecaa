"""What one stream of grids has so far, and which events follow from it."""

from collections.abc import Iterator, Mapping, Sequence

from gemrec.generation.events import GridDone, GridFailed, GridImages, GridProgress, GridRequest
from gemrec.records import Image


class GridState:
    """Images per side and position, failures, and what has been shown.

    Args:
        requests: The sides.
        pairwise: Whether image k of all sides is shown together.
    """

    def __init__(self, requests: Sequence[GridRequest], pairwise: bool) -> None:
        self.requests = tuple(requests)
        self.pairwise = pairwise
        self._images: list[dict[int, Image]] = [{} for _ in requests]
        self._failed: set[int] = set()
        self._shown: set[tuple[int, int | None]] = set()
        self._fraction = 0.0

    def missing(self, side: int, positions: Sequence[int]) -> list[int]:
        """Those of ``positions`` that the side wants, lacks and may still make."""
        if side in self._failed:
            return []
        wanted = range(len(self.requests[side].seeds))
        return [p for p in positions if p in wanted and p not in self._images[side]]

    def place(self, side: int, images: Mapping[int, Image]) -> None:
        """Put the images of these seeds into every position that asks for them."""
        for position, seed in enumerate(self.requests[side].seeds):
            if seed in images:
                self._images[side].setdefault(position, images[seed])

    def fail(self, side: int, reason: str) -> GridFailed:
        """Give a side up."""
        self._failed.add(side)
        return GridFailed(side, reason)

    def news(self) -> Iterator[GridImages]:
        """Images that became showable since the last call, in order of position."""
        yield from self._pairs() if self.pairwise else self._singles()

    def _pairs(self) -> Iterator[GridImages]:
        for position in range(self._positions()):
            # Strictly in order: a later position must not overtake, whoever was cached.
            if any(self.missing(side, [position]) for side in range(len(self.requests))):
                return
            images = tuple(side.get(position) for side in self._images)
            if (position, None) not in self._shown and any(images):
                self._shown.add((position, None))
                yield GridImages(position, images)

    def _singles(self) -> Iterator[GridImages]:
        sides = range(len(self.requests))
        for position in range(self._positions()):
            for side in sides:
                image = self._images[side].get(position)
                if image is not None and (position, side) not in self._shown:
                    self._shown.add((position, side))
                    yield GridImages(position, tuple(image if s == side else None for s in sides))

    def progress(self, under_way: float = 0.0) -> GridProgress:
        """How far all sides together are.

        Args:
            under_way: Images' worth of work done in the batch that is being made.
        """
        sides = range(len(self.requests))
        total = sum(len(request.seeds) for request in self.requests)
        done = sum(
            len(self.requests[s].seeds) if s in self._failed else len(self._images[s])
            for s in sides
        )
        fraction = (done + under_way) / total if total else 1.0
        self._fraction = max(self._fraction, min(fraction, 1.0))
        return GridProgress(self._fraction, f"{done} of {total} images ready")

    def done(self) -> GridDone:
        """The last event."""
        return GridDone(
            tuple(tuple(image for _, image in sorted(side.items())) for side in self._images)
        )

    def _positions(self) -> int:
        return max((len(request.seeds) for request in self.requests), default=0)
