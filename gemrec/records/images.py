"""Generated images, and the names under which they are shown."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Image:
    """One generated image.

    Attributes:
        id: Row number.
        digest: SHA-256 of the stored file, its name in the image store.
        model_id: Who made it.
        prompt: The prompt's text.
        category: The prompt's category.
        seed: Seed of its noise.
        parameters: Digest of the generation parameters.
        width: Pixels.
        height: Pixels.
        seconds: Time it took; None when it was imported.
        created_at: When.
    """

    id: int
    digest: str
    model_id: str
    prompt: str
    category: str
    seed: int
    parameters: str
    width: int
    height: int
    seconds: float | None
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Showing:
    """One image as it was shown once: under a random name that says nothing of its model."""

    name: str
    battle_id: str | None
    image_id: int
    side: int
    position: int
