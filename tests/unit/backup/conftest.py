"""A database with votes and images, and places to back it up to."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import huggingface_hub
import pytest
from huggingface_hub import HfApi
from PIL import Image

from gemrec.backup import FolderPlace, Manifest, Place, Restored, restore, save
from gemrec.backup.hub import HubPlace
from gemrec.images import ImageFiles
from gemrec.records import Outcome
from gemrec.store import Store
from tests.conftest import Clock
from tests.loopback import serve
from tests.loopback_datasets import DatasetHub
from tests.unit.store.world import FOX, World

REPOSITORY = "ada/gemrec-backup"


@dataclass
class Site:
    """A server's disk: its database, its images, and what is voted there."""

    folder: Path
    clock: Clock
    drawn: int = 0
    store: Store = field(init=False)
    images: ImageFiles = field(init=False)

    def __post_init__(self) -> None:
        self.store = Store(self.folder / "gemrec.db")
        self.images = ImageFiles(self.folder / "images")
        self.world = World(self.store, self.clock)

    def vote(self, count: int = 1) -> None:
        for _ in range(count):
            self.store.votes.cast(self.world.ticket(), Outcome.LEFT, self.clock())

    def draw(self, count: int = 1) -> None:
        for _ in range(count):
            self.drawn += 1
            file = self.images.put(
                Image.new("RGB", (8, 8), (self.drawn * 40 % 256, 99, self.drawn))
            )
            self.store.images.add(
                digest=file.digest, model_id="ada", prompt=FOX, seed=self.drawn, parameters="p",
                parameters_json="{}", width=8, height=8, seconds=None, now=self.clock(),
            )  # fmt: skip

    def save(self, place: Place, keep: int = 10, last: Manifest | None = None) -> Manifest:
        return save(self.store, self.images, place, self.clock(), keep, last)

    def votes(self) -> tuple[object, ...]:
        return self.store.votes.after(0)


def restored(place: Place, folder: Path, clock: Clock) -> Restored | None:
    """Restore to an empty folder."""
    return restore(place, folder / "gemrec.db", ImageFiles(folder / "images"), clock())


@pytest.fixture
def site(tmp_path: Path, clock: Clock) -> Iterator[Site]:
    made = Site(tmp_path / "site", clock)
    yield made
    made.store.close()


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[DatasetHub, str]]:
    # The chunked upload protocol needs the real Hub's servers; the older one is the fallback.
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_DISABLE_XET", True)
    stand_in = DatasetHub()
    with serve(stand_in) as url:
        yield stand_in, url


def hub_place(url: str, token: str = "hf_test") -> HubPlace:  # noqa: S107
    return HubPlace(REPOSITORY, HfApi(endpoint=url, token=token))


@pytest.fixture(params=["folder", "hub"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Place:
    """Each kind of place in turn."""
    if request.param == "folder":
        return FolderPlace(tmp_path / "bucket")
    _, url = request.getfixturevalue("hub")
    return hub_place(url)


Reach = Callable[[str], bytes]
