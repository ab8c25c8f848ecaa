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


def test_a_full_disk_stops_the_build_and_costs_nothing(world):
    """The system refuses files above a size, as a full disk refuses any: the journal is first."""
    whole = start(world, "whole")
    whole.communicate()
    limited = (
        "import resource, sys\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (4000, resource.RLIM_INFINITY))\n"
        "from gemrec.cli import main\n"
        "sys.exit(main(sys.argv[1:]))"
    )
    done = subprocess.run(  # noqa: S603
        [sys.executable, "-c", limited, *words(world, "full")],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 2
    assert "cannot be written" in done.stderr.splitlines()[-1]
    assert "Traceback" not in done.stderr
    assert 1 < journal_lines(world / "full") < 1 + 3 * 8
    assert main(words(world, "full", "--resume")) == 0
    assert checksums(world / "full") == checksums(world / "whole")


def test_a_model_that_hangs_does_not_stop_the_others(world, capfd):
    (world / "some.toml").write_text(scripted_model("stuck", "hang") + scripted_model("fine"))
    (world / "prompts.csv").write_text("category,prompt\nthing,a cat\n")
    some = ["--models", str(world / "some.toml"), "--timeout", "1"]
    assert main(words(world, "some", *some)) == 1
    printed = capfd.readouterr()
    document = json.loads(printed.out)
    assert document["images"] == 2
    assert [failure["model"] for failure in document["failures"]] == ["stuck"]
    assert "took longer than the 1 s" in printed.err


def test_an_upload_that_is_stopped_leaves_a_whole_data_set(world, capfd, monkeypatch):
    def stopped(folder, repository):
        raise KeyboardInterrupt

    monkeypatch.setattr("gemrec.cli.building.push", stopped)
    assert main(words(world, "pushed", "--push", "someone/x")) == 130
    assert "is complete" in capfd.readouterr().err
    assert len(checksums(world / "pushed")) == TOTAL


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
