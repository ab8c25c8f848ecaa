"""Parts of the recipe that need no trained weights."""

import itertools
from pathlib import Path

import numpy as np
import pytest

from gemrec.pocket.evaluate import nearest_backgrounds, single_scenes
from gemrec.pocket.recipe import MissingStageError, Run, Stage, publish, train
from gemrec.pocket.sheet import column_label, contact_sheet
from gemrec.pocket.training import Clock, learning_rate, replace_folder
from gemrec.pocket.vae import psnr
from gemrec.pocket.wording import wording_batch
from gemrec.pocket.world import BACKGROUNDS, nouns, rng_for


def test_rate_warms_up_and_comes_down() -> None:
    rates = [learning_rate(share, 1.0) for share in np.linspace(0, 1, 101)]
    assert rates[0] < 0.1
    assert max(rates) == pytest.approx(1.0, abs=0.02)
    assert rates[-1] == pytest.approx(0.02)
    peak = int(np.argmax(rates))
    assert all(a <= b for a, b in itertools.pairwise(rates[: peak + 1]))
    assert all(a >= b for a, b in itertools.pairwise(rates[peak:]))


def test_clock_counts_earlier_runs() -> None:
    assert Clock(minutes=1, spent=30).share == pytest.approx(0.5, abs=0.05)
    assert Clock(minutes=1, spent=90).share == 1


def test_folder_is_swapped_whole(tmp_path: Path) -> None:
    target = tmp_path / "model"
    replace_folder(target, lambda fresh: (fresh / "a").write_text("old"))
    with pytest.raises(ZeroDivisionError):
        replace_folder(target, lambda _: 1 / 0)
    assert (target / "a").read_text() == "old"
    replace_folder(target, lambda fresh: (fresh / "b").write_text("new"))
    assert [path.name for path in target.iterdir()] == ["b"]


def test_psnr_of_a_known_error() -> None:
    black = np.zeros((2, 4, 4, 3), np.uint8)
    assert psnr(black, black + np.uint8(255)) == pytest.approx(0.0)
    assert psnr(black, black + np.uint8(51)) == pytest.approx(20 * np.log10(5))


def test_border_names_the_background() -> None:
    pictures = np.stack([np.full((128, 128, 3), rgb, np.uint8) for rgb in BACKGROUNDS.values()])
    pictures[:, 20:100, 20:100] = 0
    assert nearest_backgrounds(pictures) == list(BACKGROUNDS)


def test_single_scenes_name_every_noun_before_any_twice() -> None:
    found = [scene.items[0].noun for scene in single_scenes(len(nouns()))]
    assert sorted(found) == sorted(nouns())


def test_stage_without_its_predecessor_says_what_to_run(tmp_path: Path) -> None:
    with pytest.raises(MissingStageError, match="--stage vae"):
        train(Stage.BASE, Run(tmp_path))


def test_publish_keeps_cards(tmp_path: Path) -> None:
    out, assets = tmp_path / "out", tmp_path / "assets"
    (out / "pocket-neon").mkdir(parents=True)
    (out / "pocket-neon" / "weights").write_text("new")
    (assets / "models" / "pocket-neon").mkdir(parents=True)
    (assets / "models" / "pocket-neon" / "README.md").write_text("card")
    assert publish(out, assets) == ["pocket-neon"]
    assert (assets / "models" / "pocket-neon" / "README.md").read_text() == "card"
    assert (assets / "models" / "pocket-neon" / "weights").read_text() == "new"


def test_sheet_has_a_row_for_each_model() -> None:
    pictures = np.zeros((3, 16, 16, 3), np.uint8)
    one = contact_sheet({"A": pictures}, ["x", "y", "z"])
    two = contact_sheet({"A": pictures, "B": pictures}, ["x", "y", "z"])
    assert two.height > one.height
    assert column_label("a cat face on a blue background") == "cat face\non blue"


def test_wording_pairs_differ_only_by_the_style() -> None:
    plain, styled = wording_batch(rng_for("test", 0), "noir")
    assert all("noir" not in text for text in plain)
    assert all(b == (f"{a}, noir" if a else "") for a, b in zip(plain, styled, strict=True))
