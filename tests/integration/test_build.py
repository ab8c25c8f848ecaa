"""``python -m gemrec build`` as people run it, killed and resumed."""

import json
import os
import random
import signal
import subprocess
import sys
import time

import pytest

from gemrec.cli import main
from gemrec.settings import REPOSITORY
from tests.scripted import scripted_model, write_assets

pytestmark = pytest.mark.integration

MODELS = "".join(scripted_model(name, "slow:0.05") for name in ("red", "green", "blue"))
PROMPTS = "category,prompt\n" + "".join(f"thing,a thing number {n}\n" for n in range(8))
TOTAL = 3 * 8 * 2


@pytest.fixture
def world(tmp_path, monkeypatch):
    assets = write_assets(tmp_path / "assets", MODELS)
    (tmp_path / "prompts.csv").write_text(PROMPTS)
    monkeypatch.setenv("GEMREC_ASSETS", str(assets))
    monkeypatch.setenv("GEMREC_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("GEMREC_BACKEND", "scripted")
    return tmp_path


def words(world, out, *more):
    return [
        "build", "--models", "all", "--prompts", str(world / "prompts.csv"), "--images", "2",
        "--out", str(world / out), "--json", *more,
    ]  # fmt: skip


def checksums(folder):
    manifest = json.loads((folder / "manifest.json").read_text())
    assert manifest["missing"] == []
    assert len(manifest["images"]) == TOTAL
    return sorted(image["sha256"] for image in manifest["images"])


def start(world, out, *more):
    return subprocess.Popen(  # noqa: S603
        [sys.executable, "-m", "gemrec", *words(world, out, *more)],
        cwd=REPOSITORY,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )


def journal_lines(folder):
    path = folder / "journal.jsonl"
    return len(path.read_bytes().splitlines()) if path.is_file() else 0


def test_killed_at_random_moments_and_resumed(world, capfd):
    assert main(words(world, "whole")) == 0
    document = json.loads(capfd.readouterr().out)
    assert document["images"] == TOTAL
    assert document["failures"] == []
    rng, folder = random.Random(time.time()), world / "killed"  # noqa: S311
    lines = 0
    for _ in range(3):
        process = start(world, "killed", "--resume")
        wanted = lines + rng.randint(1, 5)
        while journal_lines(folder) < wanted:
            assert process.poll() is None, process.stderr.read()
            time.sleep(0.005)
        time.sleep(rng.random() * 0.05)
        os.kill(process.pid, signal.SIGKILL)
        process.communicate()
        lines = journal_lines(folder)
    assert not (folder / "manifest.json").exists()
    code = main(words(world, "killed", "--resume"))
    assert code == 0, capfd.readouterr().err
    assert checksums(folder) == checksums(world / "whole")
    _, *done = map(json.loads, (folder / "journal.jsonl").read_text().splitlines())
    made = [line["task"] for line in done]
    assert len(made) == len(set(made)) == 3 * 8


def test_a_polite_end_is_told_and_goes_on(world):
    process = start(world, "stopped")
    while journal_lines(world / "stopped") < 3:
        assert process.poll() is None
        time.sleep(0.01)
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=60)
    assert process.returncode == 130
    assert b"--resume goes on" in said
    assert main(words(world, "stopped", "--resume")) == 0
    checksums(world / "stopped")


def test_the_plan_comes_first(world, capfd):
    assert main(words(world, "dry", "--dry-run")) == 0
    plan = json.loads(capfd.readouterr().out)["plan"]
    assert (plan["models"], plan["prompts"], plan["images"]) == (3, 8, TOTAL)
    assert not (world / "dry").exists()


@pytest.mark.parametrize(
    ("more", "says"),
    [
        (["--models", "rde"], "did you mean red"),
        (["--models", "nothing.toml"], "cannot be read"),
        (["--backend", "cloud"], "allowed: local, ray"),
        (["--address", "auto"], "without --backend ray"),
        (["--images", "0"], "1 to 64"),
    ],
)
def test_wrong_input(world, capfd, more, says):
    assert main(words(world, "wrong", *more)) == 2
    assert says in capfd.readouterr().err
    assert not (world / "wrong").exists()


def test_a_cluster_where_nobody_answers(world, capfd):
    pytest.importorskip("ray", reason="Ray is an optional extra: requirements-ray.txt")
    assert main(words(world, "wrong", "--backend", "ray", "--address", "127.0.0.1:1")) == 2
    assert "where nobody answers" in capfd.readouterr().err
    assert not (world / "wrong").exists()


def test_a_file_of_models_builds_only_its_own(world, capfd):
    (world / "own.toml").write_text(scripted_model("mine"))
    code = main(words(world, "own", "--models", str(world / "own.toml"), "--dry-run"))
    assert code == 0
    assert json.loads(capfd.readouterr().out)["plan"]["models"] == 1
