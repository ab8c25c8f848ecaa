"""Votes from files: the known forms, bad lines, twice the same, and what boards say afterwards."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gemrec.errors import InputError
from gemrec.exchange import Mapped, import_votes, read_mapping
from gemrec.exchange.cells import DANGEROUS, neutral, restored
from gemrec.leaderboard.query import BoardQuery
from gemrec.leaderboard.votes_file import read_votes_file
from gemrec.records import Outcome

VOTES = Path(__file__).parents[4] / "shared" / "data" / "votes"
CSV = (
    "annotator,model_a,model_b,winner,prompt\nann,x,y,a,fox\nbob,x,y,tie,fox\nann,y,x,model_b,fox\n"
)


def write(folder: Path, text: str, name: str = "votes.csv") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def said(store):
    return [(vote.models, vote.outcome) for vote in store.votes.current()]


def everything(store) -> tuple[object, ...]:
    return store.votes.after(0), store.votes.counts(), store.annotators.names(), store.prompts.all()


def test_a_csv_with_winner_and_what_is_counted(store, clock, tmp_path):
    done = import_votes(store, write(tmp_path, CSV), clock())
    assert (done.votes, done.annotators, done.models, done.prompts) == (3, 2, 2, 1)
    assert said(store) == [
        (("x", "y"), Outcome.LEFT),
        (("x", "y"), Outcome.TIE),
        (("y", "x"), Outcome.RIGHT),
    ]
    counted = store.votes.counts()
    store.votes.rebuild_counts()
    assert counted == store.votes.counts()
    assert [(row.wins_a, row.ties) for row in counted] == [(2, 0), (0, 1)] or len(counted) == 2


def test_the_same_file_twice_changes_nothing_and_equal_lines_are_votes_of_their_own(
    store, clock, tmp_path
):
    file = write(tmp_path, CSV + "bob,x,y,tie,fox\n")
    import_votes(store, file, clock())
    before = everything(store)
    clock.advance(days=1)
    again = import_votes(store, file, clock())
    assert (again.votes, again.known, again.annotators) == (0, 4, 0)
    assert everything(store) == before


def test_bad_lines_are_named_and_nothing_is_half_imported(store, clock, tmp_path):
    text = CSV + "ann,x,x,a,fox\nann,x,y,maybe,fox\nann,x\n"
    with pytest.raises(InputError) as caught:
        import_votes(store, write(tmp_path, text), clock())
    message = str(caught.value)
    assert "line 5: got 'x' against itself" in message
    assert "line 6: got outcome 'maybe'" in message
    assert "line 7: got 2 values" in message
    assert everything(store) == ((), (), {}, ())


def test_a_mapping_of_columns_and_words(store, clock, tmp_path):
    file = write(tmp_path, "left,right,preference\nx,y,first\nx,y,second\n")
    mapped = read_mapping(
        "model_a=left, model_b=right, outcome=preference, outcome:first=a, outcome:second=b"
    )
    import_votes(store, file, clock(), mapped)
    assert [outcome for _, outcome in said(store)] == [Outcome.LEFT, Outcome.RIGHT]
    with pytest.raises(InputError, match="allowed: OURS=THEIRS"):
        read_mapping("nonsense")


def test_arena_lines_of_both_kinds_and_no_address(store, clock, tmp_path):
    lines = [
        {"model_a": "x", "model_b": "y", "winner": "tie (bothbad)", "judge": "u1", "tstamp": 1.5e9,
         "conversation_a": [{"role": "user", "content": "a fox"}]},
        {"type": "rightvote", "models": ["x", "y"], "states": [{"prompt": "a cat"}], "ip": "203.0.113.9",
         "tstamp": 1.6e9},
        {"type": "chat", "models": ["x", "y"], "states": []},
    ]  # fmt: skip
    file = write(tmp_path, "\n".join(map(json.dumps, lines)), "arena.jsonl")
    done = import_votes(store, file, clock())
    assert (done.votes, done.skipped) == (2, 1)
    assert said(store) == [(("x", "y"), Outcome.BOTH_BAD), (("x", "y"), Outcome.RIGHT)]
    assert [vote.prompt for vote in store.votes.current()] == ["a fox", "a cat"]
    store.close()
    assert b"203.0.113.9" not in store.path.read_bytes()


def test_pick_a_pic_lines_one_vote_per_judgement(store, clock, tmp_path):
    row = {"caption": "a fox", "model_0": "x", "model_1": "y", "label_0": 0, "label_1": 1,
           "has_label": True, "user_id": 7, "ranking_id": 3, "created_at": "2023-05-01"}  # fmt: skip
    rows = [row, row, {**row, "ranking_id": 4, "label_0": 0.5, "label_1": 0.5}]
    rows += [{**row, "ranking_id": 5, "has_label": False}, {**row, "ranking_id": 6, "model_1": "x"}]
    file = write(tmp_path, "\n".join(map(json.dumps, rows)), "pick.jsonl")
    done = import_votes(store, file, clock())
    assert (done.votes, done.skipped) == (2, 3)
    assert [outcome for _, outcome in said(store)] == [Outcome.RIGHT, Outcome.TIE]


def test_what_is_no_vote_file_is_refused_in_words(store, clock, tmp_path):
    for text, name, words in (
        ("a,b\n1,2\n", "x.csv", "has no column model_a"),
        ("{broken\n", "x.jsonl", "line 1: is no JSON"),
        ("[1]\n", "x.jsonl", "line 1: got list; allowed: an object"),
        ('{"foo": 1}\n', "x.jsonl", "line 1: got the fields foo"),
        ("nothing", "x.parquet", "is no Parquet file"),
    ):
        with pytest.raises(InputError, match=words):
            import_votes(store, write(tmp_path, text, name), clock())
    with pytest.raises(InputError, match="can be read"):
        import_votes(store, tmp_path / "missing.csv", clock())


@pytest.mark.skipif(not VOTES.is_dir(), reason="../shared/data/votes is not here")
def test_a_real_file_gives_the_board_that_the_file_gives(store, clock):
    file = VOTES / "llmfao.csv"
    done = import_votes(store, file, clock(), Mapped())
    assert (done.votes, done.annotators, done.models, done.prompts) == (8931, 124, 59, 13)
    table = read_votes_file(file).table(BoardQuery())
    wins = sum(row.wins_a + row.wins_b for row in store.votes.counts())
    ties = sum(row.ties for row in store.votes.counts())
    assert (wins, ties) == (2911 + 2549, 3471)
    assert table.cell_votes.sum() == 8931


@given(st.text())
def test_neutral_cells_come_back_and_are_no_formulas(text):
    cell = neutral(text)
    assert restored(cell) == text
    assert not cell.startswith(DANGEROUS)
