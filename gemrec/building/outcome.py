"""How far a build is, and what came of it."""

from dataclasses import dataclass, field

from gemrec.building.journal import MadeImage
from gemrec.building.plan import Task


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a build is.

    Attributes:
        done: Images that are there, from before and now.
        before: Those of them that an earlier run made.
        total: Images in all.
        seconds: Of this run.
        failed: Images that this run has given up.
        problem: What has just failed, and why; empty when nothing has.
        after_first: Images made after the first grid of this run, and the seconds since then.
    """

    done: int
    before: int
    total: int
    seconds: float
    failed: int = 0
    problem: str = ""
    after_first: tuple[int, float] = (0, 0.0)

    @property
    def seconds_left(self) -> float | None:
        """By the pace of this run; None before its first image.

        From the second grid on, the first one does not count: it waited for everything to start.
        """
        made, seconds = self.after_first
        if not made:
            made, seconds = self.done - self.before, self.seconds
        return seconds / made * (self.total - self.failed - self.done) if made else None


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a run.

    Attributes:
        images: Finished images by task key.
        failures: Why tasks have no images, by task.
        cancelled: Whether somebody stopped it.
    """

    images: dict[str, tuple[MadeImage, ...]] = field(default_factory=dict)
    failures: tuple[tuple[Task, str], ...] = ()
    cancelled: bool = False
