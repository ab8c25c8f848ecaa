"""The Leaderboard tab's charts, slices, download and list of voters, without a page."""

import csv
import io
import json
import math
from dataclasses import replace

import numpy as np
import pytest

from gemrec.leaderboard import BoardQuery, Counts, EloTable, fit_board, screen_voters
from gemrec.recommend import Moment
from gemrec.records import Outcome
from gemrec.ui.board_file import as_csv
from gemrec.ui.board_view import BoardView, ModelFacts, Slice, facts_of, told_apart
from gemrec.ui.charts import cost_chart, costs_known, history_chart, interval_chart, win_rate_chart
from gemrec.ui.widgets.board_words import board_line
from gemrec.ui.widgets.voters import voters_table
from tests.unit.leaderboard.builders import NOON, random_entries, vote
from tests.unit.ui.parsed import EVIL, Parsed, assert_stays_text


def view_of(entries, facts=None, **changes) -> BoardView:
    counts = Counts(["new"])
    for i, entry in enumerate(entries):
        counts.add(vote(*entry, annotator=f"p{i % 5}"))
    query = BoardQuery(draws=100, minimum_votes=10)
    fitted = fit_board(counts.slice(), EloTable(), len(entries), query, models=counts.models)
    known = {m: ModelFacts(m.upper(), seconds=1.0 + i) for i, m in enumerate(counts.models)}
    return replace(BoardView(fitted, known | (facts or {}), Slice(), query), **changes)


@pytest.fixture(scope="module")
def view() -> BoardView:
    return view_of(random_entries(np.random.default_rng(0), 5, 300))


def rows_of(drawn) -> list[dict]:
    """All rows of data in a chart."""
    return [row for rows in drawn.spec["datasets"].values() for row in rows]


class TestCharts:
    def test_every_chart_is_json_in_the_pages_colours_without_other_sites(self, view):
        for drawn in (
            interval_chart(view),
            win_rate_chart(view),
            history_chart(view, ()),
            cost_chart(view, "seconds"),
        ):
            spec = json.loads(drawn.json)
            options = spec["usermeta"]["embedOptions"]
            assert options == {"renderer": "svg", "actions": False}
            assert "var(--g-" in drawn.json
            assert '"url"' not in drawn.json
            assert drawn.words

    def test_intervals_are_those_of_the_board(self, view):
        drawn = {row["title"]: row for row in rows_of(interval_chart(view)) if "title" in row}
        rated = [row for row in view.fitted.board.rows if row.votes]
        assert set(drawn) == {row.model_id.upper() for row in rated}
        for row in rated:
            shown = drawn[row.model_id.upper()]
            assert (shown["rating"], shown["Votes"]) == (row.rating, str(row.votes))
            assert row.low <= shown["low"] < shown["rating"] < shown["high"] <= row.high + 1e-9

    def test_win_rates_of_a_pair_add_up_to_one_and_know_their_votes(self, view):
        cells = {(r["row"], r["column"]): r for r in rows_of(win_rate_chart(view))}
        wins, ties = view.fitted.table.wins, view.fitted.table.ties
        a, b = (view.fitted.table.models.index(m) for m in ("m0", "m3"))
        cell = cells["M0", "M3"]
        games = wins[a, b] + wins[b, a] + ties[a, b]
        assert cell["n"] == games
        assert cell["seen"] == pytest.approx((wins[a, b] + ties[a, b] / 2) / games, abs=1e-4)
        for (first, second), row in cells.items():
            assert row["expected"] + cells[second, first]["expected"] == pytest.approx(1, abs=2e-4)

    def test_groups_that_no_votes_link_share_no_scale(self):
        entries = random_entries(np.random.default_rng(1), 4, 80)
        view = view_of([*entries, ("x", "y", Outcome.LEFT)])
        drawn = interval_chart(view)
        assert not {"X", "Y"} & {row.get("title") for row in rows_of(drawn)}
        assert "2 models are left out" in drawn.words
        cells = {(r["row"], r["column"]): r for r in rows_of(win_rate_chart(view))}
        assert cells["X", "M0"]["expected"] is None
        assert cells["X", "Y"]["seen"] == 1

    def test_history_shows_what_it_is_given(self, view):
        moments = [Moment(NOON, "m0", 1010.4, 990.0, 1030.0), Moment(NOON, "new", 1, 1, 1)]
        assert [(r["title"], r["rating"]) for r in rows_of(history_chart(view, moments))] == [
            ("M0", 1010.4)
        ]

    def test_the_front_of_costs(self, view):
        assert costs_known(view) == ["seconds"]
        best = view.fitted.board.rows[0].model_id.upper()
        rows = {r["title"]: r for r in rows_of(cost_chart(view, "seconds"))}
        cheapest = min(rows.values(), key=lambda row: row["cost"])
        assert rows[best]["front"]
        assert cheapest["front"]
        assert "NEW" not in rows

    def test_one_vote_and_no_votes_of_a_pair(self):
        view = view_of([("a", "b", Outcome.TIE)])
        for draw in (interval_chart, win_rate_chart, lambda v: history_chart(v, ())):
            assert json.loads(draw(view).json)


class TestVoters:
    def test_who_voted_and_what_stands_out(self):
        rng = np.random.default_rng(2)
        counts = Counts()
        for i, (a, b, outcome) in enumerate(random_entries(rng, 5, 900)):
            turned = {Outcome.LEFT: Outcome.RIGHT, Outcome.RIGHT: Outcome.LEFT}
            said = turned.get(outcome, outcome) if i % 6 == 5 else outcome
            counts.add(vote(a, b, said, annotator=f"p{i % 6}"))
        fitted = fit_board(counts.slice(), EloTable(), 900)
        voters = screen_voters(fitted.ratings, fitted.table, {"p5": (80, 70)})
        html = voters_table(voters, fitted.ratings, {"p5": EVIL}, lambda m: m)
        assert_stays_text(html)
        page = Parsed(html)
        assert len(page.of("g-odd")) == 1
        assert "turned round" in page.text
        assert "1 of 6 annotators stands out" in page.text


class TestFacts:
    def test_a_model_that_the_catalog_forgot_keeps_its_id(self):
        assert facts_of(None, "old", 0.5) == ModelFacts("old", seconds=0.5)

    def test_models_of_one_name_are_told_apart(self):
        facts = {"a": ModelFacts("Twin"), "b": ModelFacts("Twin"), "c": ModelFacts("Other")}
        assert [f.name for f in told_apart(facts).values()] == ["Twin (a)", "Twin (b)", "Other"]

    def test_the_line_says_how_much_it_rests_on(self, view):
        assert "300 votes by 5 annotators" in Parsed(board_line(view)).text
        one = view_of([("a", "b", Outcome.LEFT)])
        few = replace(one.fitted.board, clusters=1)
        alone = replace(one, fitted=replace(one.fitted, board=few))
        assert "One annotator says nothing" in Parsed(board_line(alone)).text


def test_the_file_has_every_row_and_no_formula(view):
    bad = {"new": ModelFacts("=1+1", "-licence", seconds=math.inf)}
    table = list(csv.DictReader(io.StringIO(as_csv(replace(view, facts={**view.facts, **bad})))))
    assert [row["model"] for row in table] == [row.model_id for row in view.fitted.board.rows]
    for row, line in zip(view.fitted.board.rows, table, strict=True):
        assert float(line["rating"]) == pytest.approx(row.rating, abs=1e-6)
        assert int(line["votes"]) == row.votes
    assert (table[-1]["name"], table[-1]["licence"]) == ("'=1+1", "'-licence")
    assert table[-1]["seconds_per_image"] == ""
