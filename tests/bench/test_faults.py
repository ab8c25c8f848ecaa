"""Kills of the server under load, many of them, and how soon it serves again."""

import os
from random import Random

import pytest

from tests.drill import restore_drill
from tests.kills import kill_again_and_again

pytestmark = pytest.mark.bench
KILLS = int(os.environ.get("KILLS", "20"))
VOTES = int(os.environ.get("VOTES", "100000"))
SERVING_SECONDS = 5.0


def test_twenty_kills_under_fifty_voters(tmp_path):
    kills = kill_again_and_again(
        tmp_path,
        runs=KILLS,
        voters=50,
        votes_before=VOTES,
        rng=Random(20),  # noqa: S311
    )
    print(f"\n{len(kills)} kills -9 under 50 voters, {VOTES} votes before")
    print(" run  accepted  stored  next start, s")
    for number, kill in enumerate(kills, 1):
        print(f"{number:4d} {kill.accepted:9d} {kill.stored:7d} {kill.seconds:14.2f}")
    starts = sorted(kill.seconds for kill in kills)
    print(f"load of the machine (1, 5, 15 min): {os.getloadavg()}")
    print(
        f"accepted votes lost: 0; start: median {starts[len(starts) // 2]:.2f} s, worst {starts[-1]:.2f} s"
    )
    assert all(kill.stored >= kill.accepted for kill in kills)
    assert starts[-1] <= SERVING_SECONDS


def test_restore_drill_with_five_thousand_votes(tmp_path):
    drill = restore_drill(tmp_path, votes=5000, images=50)
    print(f"\nrestore drill: 5000 votes, {len(drill.before.pictures)} pictures asked for")
    print(f"same board: {drill.after.board == drill.before.board}")
    print(f"same recommendations: {drill.after.recommendations == drill.before.recommendations}")
    print(f"same pictures: {drill.after.pictures == drill.before.pictures}")
    print(f"start with an empty disk to the first answer: {drill.seconds:.1f} s")
    assert drill.after.board == drill.before.board
    assert drill.after.recommendations == drill.before.recommendations
    assert drill.after.pictures == drill.before.pictures
