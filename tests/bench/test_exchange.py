"""A million votes in and out, in a process of their own so that its memory can be told."""

import json
import subprocess
import sys
import textwrap

import pytest

from gemrec.settings import REPOSITORY

pytestmark = pytest.mark.bench
VOTES = 1_000_000
GIB = 2**30

RUN = """
import json, os, random, resource, sys, time
from datetime import UTC, datetime
from pathlib import Path
from gemrec.exchange import Exporter, Order, import_votes
from gemrec.images import ImageFiles
from gemrec.store import Store

folder, votes = Path(sys.argv[1]), int(sys.argv[2])
store, files = Store(folder / "gemrec.db"), ImageFiles(folder / "images")
told, clock = [], lambda: datetime.now(UTC)

def timed(work):
    wall, cpu = time.monotonic(), time.process_time()
    work()
    return {"wall": time.monotonic() - wall, "cpu": time.process_time() - cpu}

answer = {"import": timed(lambda: import_votes(store, folder / "votes.csv", clock(), progress=told.append))}
answer["peak"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
answer["steps"] = len(told)
answer["votes"] = sum(r.wins_a + r.wins_b + r.ties + r.both_good + r.both_bad for r in store.votes.counts())
exporter = Exporter(store, files, lambda: (), clock)
answer["export"] = timed(lambda: exporter.export(Order("votes", "parquet", folder / "votes.parquet")))
import pyarrow.parquet as pq
answer["rows"] = pq.ParquetFile(folder / "votes.parquet").metadata.num_rows
print(json.dumps(answer))
"""


def write_votes(path):
    import random  # noqa: PLC0415

    rng = random.Random(1)  # noqa: S311 - no secrets here
    with path.open("w") as file:
        file.write("annotator,prompt,category,model_a,model_b,outcome,created_at\n")
        for n in range(VOTES):
            first, second = rng.sample(range(200), 2)
            outcome = rng.choice(("a", "b", "tie", "both_good", "both_bad"))
            file.write(
                f"person {rng.randrange(500)},prompt {rng.randrange(2000)},topic {n % 12},model {first},"
                f"model {second},{outcome},2026-01-{1 + n % 28:02}T00:{n // 60 % 60:02}:{n % 60:02}\n"
            )


def test_a_million_votes_in_and_out(tmp_path):
    write_votes(tmp_path / "votes.csv")
    done = subprocess.run(  # noqa: S603 - our own script
        [sys.executable, "-c", textwrap.dedent(RUN), str(tmp_path), str(VOTES)],
        cwd=REPOSITORY,
        check=True,
        capture_output=True,
        text=True,
    )
    found = json.loads(done.stdout)
    print(json.dumps(found, indent=1))
    assert (found["votes"], found["rows"]) == (VOTES, VOTES)
    assert found["steps"] > 100
    assert found["peak"] < GIB
    # Processor time: what else the machine does must not decide.
    assert found["import"]["cpu"] < 60
    assert found["export"]["cpu"] < 30
