"""The whole recipe with a budget of seconds, an interruption, and training on from its result."""

import shutil
import tomllib
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from gemrec.pocket import base, world
from gemrec.pocket.adapters import RECIPES
from gemrec.pocket.adopt import adopt
from gemrec.pocket.family import ASSETS, Family
from gemrec.pocket.recipe import MINUTES, Run, Stage, publish, train
from gemrec.pocket.training import load_state

pytestmark = [
    pytest.mark.integration,
    pytest.mark.skipif(
        not world.available(), reason="needs apt-get install fonts-noto-color-emoji"
    ),
    pytest.mark.filterwarnings("ignore"),  # torch, diffusers and peft warn about each other
]
SECONDS = 2.0
"""Budget of the whole recipe; nearly all of it is one step of each stage."""


class InterruptionError(Exception):
    """What a person's Ctrl-C is to the training loop."""


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A working folder after ``--stage all`` that was interrupted in the middle and run again."""
    out = tmp_path_factory.mktemp("recipe")
    run = Run(out, minutes=SECONDS / 60)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(base, "train_base", interrupted)
        with pytest.raises(InterruptionError):
            train(Stage.ALL, run)
    assert (out / "vae").is_dir()
    assert (out / "clip").is_dir()
    assert not (out / "pocket-base").exists()
    train(Stage.ALL, run)
    return out


def interrupted(*_: Any, **__: Any) -> None:
    raise InterruptionError


def test_every_member_and_pocket_clip_come_out(trained: Path) -> None:
    made = {path.name for path in trained.glob("pocket-*")}
    assert made == {*RECIPES, "pocket-base", "pocket-early", "pocket-swift"}
    entries = tomllib.loads((ASSETS / "models.toml").read_text("utf-8"))["model"]
    assert made == {entry["id"] for entry in entries}


def test_finished_stages_are_not_trained_again(trained: Path) -> None:
    steps = {name: load_state(trained / f"{name}.pt")["step"] for name in ("vae", "clip", "base")}
    train(Stage.ALL, Run(trained, minutes=SECONDS / 60))
    again = {name: load_state(trained / f"{name}.pt")["step"] for name in steps}
    assert again == steps
    assert min(steps.values()) >= 1


def test_published_family_draws_and_can_be_trained_on(trained: Path, tmp_path: Path) -> None:
    assets = tmp_path / "assets"
    assets.mkdir()
    shutil.copy(ASSETS / "models.toml", assets)
    publish(trained, assets)
    family = Family(assets)
    made = {
        member: family.generate(member, ["a cat face"], [1])
        for member in ("pocket-base", "pocket-swift", "pocket-noir")
    }
    assert all(picture.shape == (1, 128, 128, 3) for picture in made.values())

    working = tmp_path / "working"
    adopt(assets, working)
    shutil.rmtree(working / "pocket-noir")
    train(Stage.STYLES, Run(working, minutes=SECONDS / 60))
    assert (working / "pocket-noir" / "pytorch_lora_weights.safetensors").is_file()
    old, new = (base.load_networks(folder).unet.state_dict() for folder in (trained, working))
    # What was published is half precision.
    assert all(np.allclose(old[name], new[name], rtol=2e-3, atol=1e-4) for name in old)


def test_two_workers_keep_the_same_weights(trained: Path, tmp_path: Path) -> None:
    out = tmp_path / "team"
    shutil.copytree(trained / "vae", out / "vae")
    shutil.copy(trained / "clip.pt", out)
    train(Stage.BASE, Run(out, minutes=SECONDS / 60, workers=2))
    state = load_state(out / "base.pt")
    assert state["step"] >= 1
    assert (out / "pocket-base" / "model_index.json").is_file()
    assert not list(out.glob("meeting-*"))


def test_small_budgets_prepare_less_but_never_nothing(tmp_path: Path) -> None:
    run = Run(tmp_path)
    assert run.amount(1000, Stage.BASE, MINUTES[Stage.BASE]) == 1000
    assert run.amount(1000, Stage.BASE, 2 * MINUTES[Stage.BASE]) == 1000
    assert run.amount(1000, Stage.BASE, MINUTES[Stage.BASE] / 4) == 250
    assert run.amount(1000, Stage.BASE, 0.0001, least=8) == 8
    assert Run(tmp_path, device="cuda").amount(1000, Stage.BASE, 1) == 1000
