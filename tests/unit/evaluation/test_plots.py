"""Plots of evaluations, as files that need nothing but themselves."""

import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from gemrec.cli.main import main
from gemrec.evaluation.plots import save_plot

ESTIMATES = [
    {"method": "popularity", "accuracy": 0.6, "logloss": 0.66},
    {
        "method": "gemrec", "accuracy": 0.7, "accuracy_low": 0.65, "accuracy_high": 0.76,
        "logloss": 0.58, "win_rate": 0.71,
    },
]  # fmt: skip
SERVED = [
    {"method": method, "policy": "slate", "votes": votes, "ndcg_at_5": 0.5, "regret_at_1": 0.3}
    for method in ("global", "gemrec", "newcomer")
    for votes in (0, 5)
]


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        (ESTIMATES, {"popularity", "gemrec", "0.700", "Accuracy (more is better)"}),
        (SERVED, {"newcomer", "Votes of each person", "nDCG at 5 (more is better)"}),
    ],
    ids=["estimates", "served"],
)
def test_a_plot_says_what_it_shows(rows: list[dict[str, object]], words: set[str], tmp_path: Path):
    save_plot(rows, tmp_path / "plot.svg")
    written = ET.parse(tmp_path / "plot.svg")  # noqa: S314 - our own file
    texts = {element.text for element in written.iter() if element.tag.endswith("text")}
    assert words <= texts


def test_a_picture_is_a_picture(tmp_path: Path) -> None:
    save_plot(SERVED, tmp_path / "plot.PNG")
    assert (tmp_path / "plot.PNG").read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize("wrong", ["plot.bmp", "plot", "nowhere/plot.svg"])
def test_where_no_plot_can_go_is_said_before_anything_is_computed(
    wrong: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["simulate", "--people", "1000", "--plot", str(tmp_path / wrong)]) == 2
    assert "allowed: a file" in capsys.readouterr().err
