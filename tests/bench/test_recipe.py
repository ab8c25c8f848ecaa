"""The whole recipe of the pocket models, from drawing to published weights, on a budget of seconds."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from safetensors import safe_open

from gemrec.pocket import world
from gemrec.pocket.adapters import RECIPES
from gemrec.pocket.recipe import publish

pytestmark = [
    pytest.mark.bench,
    pytest.mark.skipif(
        not world.available(), reason="needs apt-get install fonts-noto-color-emoji"
    ),
]

MEMBERS = {"pocket-base", "pocket-early", "pocket-swift", *RECIPES}


def train(out: Path, *options: str) -> str:
    """Run ``python -m gemrec.pocket train`` and return what it said."""
    command = [sys.executable, "-m", "gemrec.pocket", "train", "--out", str(out), *options]
    done = subprocess.run(command, capture_output=True, text=True, timeout=280, check=False)  # noqa: S603 - our own command
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stderr


@pytest.mark.timeout(600)
def test_recipe_makes_every_member_and_goes_on_where_it_stopped(tmp_path: Path) -> None:
    out, assets = tmp_path / "out", tmp_path / "assets"
    said = train(out, "--stage", "all", "--minutes", "0.02")
    assert {path.name for path in out.glob("pocket-*")} == MEMBERS
    assert said.count("wording of") == 10

    shutil.rmtree(out / "pocket-neon")
    before = (out / "pocket-noir" / "pytorch_lora_weights.safetensors").stat().st_mtime_ns
    assert train(out, "--stage", "styles", "--minutes", "0.02").count("wording of") == 1
    assert (out / "pocket-neon").is_dir()
    assert (out / "pocket-noir" / "pytorch_lora_weights.safetensors").stat().st_mtime_ns == before

    assert set(publish(out, assets)) == MEMBERS | {"clip"}
    for member in RECIPES:
        path = assets / "models" / member / "pytorch_lora_weights.safetensors"
        with safe_open(path, "np") as file:
            assert all(".lora_A." in key or ".lora_B." in key for key in file.keys())  # noqa: SIM118
