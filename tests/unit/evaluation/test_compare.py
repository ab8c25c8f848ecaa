"""Votes foretold: what is gained by knowing the person, and that nothing is lost without reason."""

import csv
import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from gemrec.cli.main import main
from gemrec.errors import InputError
from gemrec.evaluation import compare_methods, read_items, read_votes
from gemrec.evaluation.metrics import calibration_error, ndcg, regret

MODELS, PEOPLE, FEATURES = 12, 15, 3
HEADER = ("annotator", "prompt", "category", "model_a", "model_b", "outcome")


def write(path: Path, header: Sequence[str], rows: Sequence[Sequence[object]]) -> Path:
    with path.open("w", newline="") as lines:
        writer = csv.writer(lines)
        writer.writerow(header)
        writer.writerows(rows)
    return path


def study(folder: Path, taste: float, seed: int = 0) -> tuple[Path, Path, Path]:
    """Votes of people whose tastes differ by ``taste`` along the models' features."""
    rng = np.random.default_rng(seed)
    looks = rng.normal(size=(MODELS, FEATURES))
    quality = rng.normal(size=MODELS)
    likings = taste * rng.normal(size=(PEOPLE, FEATURES))
    rows = []
    for number in range(900):
        person = number % PEOPLE
        left, right = rng.permutation(MODELS)[:2]
        gap = quality[left] - quality[right] + (looks[left] - looks[right]) @ likings[person]
        won = "a" if rng.random() < 1 / (1 + np.exp(-gap)) else "b"
        rows.append((f"u{person}", f"p{rng.integers(20)}", "", f"m{left}", f"m{right}", won))
    items = [(f"m{i}", *row.round(4)) for i, row in enumerate(looks)]
    return (
        write(folder / "train.csv", HEADER, rows[:450]),
        write(folder / "test.csv", HEADER, rows[450:]),
        write(folder / "items.csv", ("model", "x", "y", "z"), items),
    )


def by_method(train: Path, test: Path, items: Path | None) -> dict[str, tuple[float, float]]:
    known = None if items is None else read_items(items)
    rows = compare_methods(read_votes(train), read_votes(test), known)
    return {row.method: (row.accuracy, row.logloss) for row in rows}


def test_a_person_s_liking_for_features_is_found(tmp_path: Path) -> None:
    found = by_method(*study(tmp_path, taste=1.2))
    assert found["random"] == (0.5, pytest.approx(np.log(2)))
    assert found["gemrec"][0] > found["global"][0] + 0.05
    assert found["gemrec"][1] < found["global"][1] - 0.05


def test_shuffled_features_cost_nothing(tmp_path: Path) -> None:
    train, test, items = study(tmp_path, taste=0.0, seed=1)
    known = read_items(items)
    looks = known.features.looks.copy()
    looks[:MODELS] = np.random.default_rng(2).permutation(looks[:MODELS])
    shuffled = replace(known, features=replace(known.features, looks=looks))
    rows = compare_methods(read_votes(train), read_votes(test), shuffled)
    found = {row.method: row for row in rows}
    assert found["gemrec"].accuracy >= found["global"].accuracy - 0.005
    assert found["gemrec"].logloss <= found["global"].logloss + 0.005


def test_the_command_prints_one_document(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    votes = [("u", "p", "c", "x", "y", "a")] * 3 + [("u", "p", "c", "y", "z", "both_bad")]
    train = write(tmp_path / "train.csv", HEADER, votes)
    test = write(tmp_path / "test.csv", HEADER[3:], [("x", "y", "a"), ("x", "z", "tie")])
    assert main(["evaluate", "--votes", str(train), "--test", str(test), "--json"]) == 0
    rows = json.loads(capsys.readouterr().out)["rows"]
    assert [row["method"] for row in rows] == [
        "random", "popularity", "global", "personal", "gemrec"
    ]  # fmt: skip
    assert {row["n"] for row in rows} == {1}
    assert {"accuracy", "logloss"} <= rows[0].keys()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("model_a,model_b\nx,y\n", "got no column outcome"),
        ("model_a,model_b,outcome\nx,y,won\n", "got 'won'; allowed: a, b, tie"),
        ("model_a,model_b,outcome\nx,,a\n", "got nothing"),
        ("model_a,model_b,outcome\n", "got no votes"),
    ],
)
def test_wrong_files_are_named(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "votes.csv"
    path.write_text(text)
    with pytest.raises(InputError, match=said):
        read_votes(path)


def test_a_feature_that_is_no_number_is_named(tmp_path: Path) -> None:
    path = write(tmp_path / "items.csv", ("model", "x"), [("m", "nan")])
    with pytest.raises(InputError, match="line 2: x: got 'nan'"):
        read_items(path)


def test_measures_by_hand() -> None:
    gains = np.array([3.0, 1.0, 2.0])
    ideal = 3 + 2 / np.log2(3) + 1 / 2
    assert ndcg(np.array([0, 2, 1]), gains, 5) == pytest.approx(1.0)
    assert ndcg(np.array([1, 0, 2]), gains, 3) == pytest.approx(
        (1 + 3 / np.log2(3) + 2 / 2) / ideal
    )
    assert regret(1, gains) == pytest.approx((3 - 1) / (3 - 2))
    assert regret(0, gains) == 0.0
    # Four sure predictions at 0.9, three of which come true.
    gaps = np.full(4, np.log(9))
    assert calibration_error(gaps, np.array([True, True, True, False])) == pytest.approx(0.15)
