"""Joining a Ray cluster that runs already, as people start it, with and without its token.

A cluster takes seconds to start, and one that refuses us half a minute to say so.
"""

import json
import os
import re
import secrets
import signal
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest
from gradio_client import Client

from gemrec.settings import REPOSITORY
from tests.running import free_port, run_app
from tests.scripted import scripted_model, write_assets

pytest.importorskip("ray", reason="Ray is an optional extra: requirements-ray.txt")
pytestmark = pytest.mark.bench


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    folder = tmp_path_factory.mktemp("cluster")
    write_assets(folder / "assets", scripted_model("red") + scripted_model("green"))
    (folder / "prompts.csv").write_text("category,prompt\nanimal,a cat\nfood,a pizza\n")
    (folder / "home" / ".ray").mkdir(parents=True)
    (folder / "home" / ".ray" / "auth_token").write_text(secrets.token_hex(32))
    (folder / "stranger").mkdir()
    # Sockets have short names only, and pytest's folders long ones.
    with tempfile.TemporaryDirectory(prefix="ray", ignore_cleanup_errors=True) as short:
        (folder / "short").write_text(short)
        yield folder


@contextmanager
def cluster(world, **more):
    """``ray start --head``, which asks for the token that the home folder holds."""
    port = free_port()
    process = subprocess.Popen(  # noqa: S603
        [
            Path(sys.executable).with_name("ray"), "start", "--head", f"--port={port}",
            "--num-cpus=2", "--include-dashboard=false", "--disable-usage-stats", "--block",
        ],
        env=environment(world, "home", **more),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )  # fmt: skip
    said = []
    try:
        for line in process.stdout:
            said.append(line)
            if "Ray runtime started" in line:
                break
        else:
            pytest.fail("".join(said))
        yield f"127.0.0.1:{port}", "".join(said), process.pid
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.communicate(timeout=60)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.communicate()


def environment(world, home, **more):
    kept = {name: value for name, value in os.environ.items() if not name.startswith("RAY_")}
    return {
        **kept,
        "HOME": str(world / home),
        "RAY_TMPDIR": (world / "short").read_text(),
        "GEMREC_ASSETS": str(world / "assets"),
        "GEMREC_DATA": str(world / "data"),
        "GEMREC_BACKEND": "scripted",
        **more,
    }


def build(world, out, address, home="home", **more):
    words = ["build", "--models", "all", "--prompts", world / "prompts.csv", "--images", 2]
    words += ["--out", world / out, "--backend", "ray", "--workers", 2, "--json"]
    words += [] if address is None else ["--address", address]
    began = time.monotonic()
    done = subprocess.run(  # noqa: S603
        [sys.executable, "-m", "gemrec", *map(str, words)],
        cwd=REPOSITORY,
        env=environment(world, home, **more),
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    print(f"\n{out}: exit code {done.returncode} after {time.monotonic() - began:.0f} s")
    return done


def checksums(folder):
    manifest = json.loads((folder / "manifest.json").read_text())
    assert manifest["missing"] == []
    return sorted(image["sha256"] for image in manifest["images"])


def test_a_cluster_with_a_token(world):
    token = (world / "home" / ".ray" / "auth_token").read_text()
    with cluster(world) as (address, said, _):
        assert "Token authentication is enabled" in said
        for out, more in {
            "kept": {"home": "home"},
            "given": {"home": "stranger", "RAY_AUTH_TOKEN": token},
        }.items():
            done = build(world, out, address, **more)
            assert done.returncode == 0, done.stderr
        # Without an address Ray starts here, whatever else runs on this machine.
        alone = build(world, "alone", None)
        assert alone.returncode == 0, alone.stderr
        refused = build(world, "refused", address, home="stranger")
        assert refused.returncode == 2
        assert not (world / "refused").exists()
        line = refused.stderr.strip().splitlines()[-1]
        assert re.search(r"no cluster lets us in .* RAY_AUTH_TOKEN", line)
        missing = build(world, "missing", address, home="stranger", RAY_AUTH_MODE="token")
        assert missing.returncode == 2
        assert "there is no token" in missing.stderr
    assert checksums(world / "kept") == checksums(world / "given") == checksums(world / "alone")


def test_a_cluster_that_was_started_before_there_was_a_token(world):
    with cluster(world, RAY_AUTH_MODE="disabled") as (address, _, _):
        done = build(world, "open", address, home="stranger")
        assert done.returncode == 0, done.stderr
        refused = build(world, "shown", address)
        assert refused.returncode == 2
        assert "set RAY_AUTH_MODE=disabled" in refused.stderr.splitlines()[-1]
        done = build(world, "told", address, RAY_AUTH_MODE="disabled")
        assert done.returncode == 0, done.stderr
    assert checksums(world / "open") == checksums(world / "told")


def workers(head):
    """The actors of this cluster, and of no other on this machine."""
    below = psutil.Process(head).children(recursive=True)
    return {each.pid for each in below if "ray::RayActor" in " ".join(each.cmdline())}


def test_the_app_draws_on_a_cluster_and_outlives_its_workers(world):
    """The page's own grid service: a battle, then one after both workers were killed."""
    with cluster(world) as (address, _, head):
        more = {"GEMREC_RUNNER": "ray", "GEMREC_WORKERS": "2", "GEMREC_RAY_ADDRESS": address}
        settings = environment(world, "home", **more)
        del settings["GEMREC_ASSETS"], settings["GEMREC_DATA"]  # the shipped page, data of its own
        with run_app(world / "app", free_port(), **settings) as app:
            client = Client(app.url, verbose=False)
            for prompt in ("a pizza", "a rocket"):
                battle = client.predict(
                    prompt=prompt, images=2, annotator="ada", api_name="/open_battle"
                )
                assert [len(side["images"]) for side in battle["sides"]] == [2, 2]
                client.predict(ticket=battle["ticket"], outcome="left", api_name="/vote")
                ours = workers(head)
                assert ours
                for pid in ours:
                    os.kill(pid, signal.SIGKILL)
        # By its own door, with a last snapshot: Ray has not taken the signal over.
        assert app.process.returncode == 0
