"""What is written, read back by the library that each form is for, and into an empty store."""

import json
import runpy
import sys
from collections import Counter

import evalica
import pandas as pd
import pytest

from gemrec.errors import InputError
from gemrec.exchange import Exporter, Order, Wanted, import_votes
from gemrec.records import Outcome
from gemrec.store import Store


@pytest.fixture
def export(world, tmp_path):
    exporter = Exporter(world.store, world.files, lambda: (), world.clock)

    def run(what="votes", form="csv", out="out", **wanted):
        order = Order(what, form, tmp_path / out, Wanted(**wanted), "You agree to be\nnice.")
        return exporter.export(order)

    return run


def shape(store):
    """The trail without names of people and battles, which exports replace."""
    people: dict[str, int] = {}
    return [
        (
            people.setdefault(vote.annotator_id, len(people)),
            (
                vote.kind,
                vote.outcome,
                vote.models,
                vote.prompt,
                vote.category,
                vote.mode,
                vote.form,
            ),
            (vote.ranking, vote.remarks, vote.cast_at, vote.campaign),
        )
        for vote in store.votes.after(0)
    ]


def counted(store):
    return Counter((r.model_a, r.model_b, r.category, r.size, r.wins_a, r.wins_b, r.ties, r.both_good,
                    r.both_bad) for r in store.votes.counts())  # fmt: skip


@pytest.mark.parametrize("form", ["csv", "jsonl", "parquet"])
def test_the_trail_comes_back_event_for_event(world, export, tmp_path, form):
    export(form=form)
    with_trail = Store(tmp_path / "other" / "gemrec.db")
    done = import_votes(with_trail, tmp_path / "out", world.clock())
    assert shape(with_trail) == shape(world.store)
    assert counted(with_trail) == counted(world.store)
    with_trail.votes.rebuild_counts()
    assert counted(with_trail) == counted(world.store)
    assert done.votes == len(world.store.votes.after(0))
    again = import_votes(with_trail, tmp_path / "out", world.clock())
    assert (again.votes, again.annotators) == (0, 0)
    home = import_votes(world.store, tmp_path / "out", world.clock())
    assert (home.votes, home.annotators, home.models, home.prompts) == (0, 0, 0, 0)
    with_trail.close()


def test_events_that_came_later_are_appended(world, export, tmp_path):
    export()
    other = Store(tmp_path / "other" / "gemrec.db")
    import_votes(other, tmp_path / "out", world.clock())
    newest = world.store.votes.current("ann")[0]
    from gemrec.records import EventKind  # noqa: PLC0415

    world.store.votes.append_change(newest.id, EventKind.EDIT, Outcome.RIGHT, world.clock())
    export(out="later")
    done = import_votes(other, tmp_path / "later", world.clock())
    assert (done.votes, done.annotators) == (1, 0)
    assert counted(other) == counted(world.store)
    other.close()


def test_one_file_holds_what_stands_and_no_formula(world, export, tmp_path):
    export(out="votes.csv")
    text = (tmp_path / "votes.csv").read_text()
    frame = pd.read_csv(tmp_path / "votes.csv")
    assert len(frame) == len(world.store.votes.current())
    assert not frame["prompt"].str.startswith("=").any()
    assert "'=1+1" in text
    assert "'@cannot tell" in text
    assert "Bea" not in text
    assert "bea" not in set(frame["annotator"])
    row = frame.iloc[0]
    assert (row["dwell_ms"], row["seeds"], row["best"]) == (1200, "[7, 8]", "[1, 1]")
    assert json.loads(row["parameters"]) == [{"steps": 4}] * 2
    assert [len(side) for side in json.loads(row["images"])] == [2, 2]
    other = Store(tmp_path / "other" / "gemrec.db")
    import_votes(other, tmp_path / "votes.csv", world.clock())
    assert counted(other) == counted(world.store)
    assert {v.prompt for v in other.votes.current()} == {
        v.prompt for v in world.store.votes.current()
    }
    other.close()


def test_pseudonyms_stay_and_differ_between_stores(world, export, tmp_path):
    export(out="a.csv")
    export(out="b.csv")
    first, second = (pd.read_csv(tmp_path / name)["annotator"] for name in ("a.csv", "b.csv"))
    assert list(first) == list(second)
    assert first.nunique() == 2
    other = Store(tmp_path / "other" / "gemrec.db")
    import_votes(other, tmp_path / "a.csv", world.clock())
    Exporter(other, world.files, lambda: (), world.clock).export(
        Order("votes", "csv", tmp_path / "c.csv")
    )
    assert not set(first) & set(pd.read_csv(tmp_path / "c.csv")["annotator"])
    other.close()


def test_arena_files_are_read_unchanged(world, export, tmp_path, monkeypatch, capsys):
    export(form="arena")
    frame = pd.read_json(tmp_path / "out" / "arena.jsonl", lines=True)
    blind = [vote for vote in world.store.votes.current() if vote.mode == "blind"]
    assert len(frame) == sum(len(vote.pairs) for vote in blind)
    assert set(frame["winner"]) <= {"model_a", "model_b", "tie", "both_bad"}
    monkeypatch.setattr(sys, "argv", ["evalica", "-i", str(tmp_path / "out" / "evalica.csv"),
                                      "pairwise", "counting"])  # fmt: skip
    runpy.run_module("evalica", run_name="__main__")
    ranked = pd.read_csv(__import__("io").StringIO(capsys.readouterr().out), index_col="item")
    words = {"model_a": evalica.Winner.X, "model_b": evalica.Winner.Y}
    winners = [words.get(word, evalica.Winner.Draw) for word in frame["winner"]]
    scores = evalica.counting(list(frame["model_a"]), list(frame["model_b"]), winners).scores
    assert ranked["score"].to_dict() == pytest.approx(scores.to_dict())


def test_training_forms_hold_the_pictures(world, export, tmp_path):
    export(form="pickapic")
    picked = pd.read_parquet(tmp_path / "out" / "pickapic.parquet")
    assert {"are_different", "best_image_uid", "caption", "created_at", "has_label", "image_0_uid",
            "image_1_uid", "jpg_0", "jpg_1", "label_0", "label_1", "model_0", "model_1", "ranking_id",
            "user_id", "num_example_per_prompt"} <= set(picked.columns)  # fmt: skip
    assert all(jpg[:3] == b"\xff\xd8\xff" for jpg in picked["jpg_0"])
    assert set(picked["label_0"] + picked["label_1"]) == {1.0}
    back = Store(tmp_path / "back" / "gemrec.db")
    import_votes(back, tmp_path / "out" / "pickapic.parquet", world.clock())
    standing = [v for v in world.store.votes.current() if v.outcome is not Outcome.SKIP]
    assert len(back.votes.current()) == sum(len(v.pairs) for v in standing)
    back.close()
    export(form="dpo", out="dpo")
    pairs = pd.read_parquet(tmp_path / "dpo" / "dpo.parquet")
    decided = [v for v in standing if v.outcome in (Outcome.LEFT, Outcome.RIGHT)]
    assert len(pairs) == 2 * (len(decided) + 2)  # two pictures each; the ranking decides two pairs
    assert pairs.iloc[0]["chosen_model"] == "ada"
    assert pairs.groupby(["vote", "chosen_model", "rejected_model"])["weight"].sum().eq(1).all()


def test_a_campaign_or_a_time_alone(world, export, tmp_path):
    export(out="none.csv", campaign="no such study")
    assert len((tmp_path / "none.csv").read_text().splitlines()) == 1
    last = world.store.votes.current()[-1]
    export(out="late.csv", since=last.cast_at)
    assert len(pd.read_csv(tmp_path / "late.csv")) == 1


def test_the_card_counts_and_quotes_the_consent(world, export, tmp_path):
    export(what="all", form="parquet")
    text = (tmp_path / "out" / "README.md").read_text()
    assert "> You agree to be\n> nice." in text
    assert f"{len(world.store.votes.current())} votes that stand, by 2 people on 3 models" in text
    croissant = json.loads((tmp_path / "out" / "croissant.json").read_text())
    assert croissant["conformsTo"] == "http://mlcommons.org/croissant/1.0"
    names = {file["name"] for file in croissant["distribution"]}
    assert names == {"votes.parquet", "trail.parquet", "images.parquet", "ratings.parquet"}


def test_a_path_that_does_not_fit_is_refused(export, tmp_path):
    with pytest.raises(InputError, match=r"ends in \.parquet"):
        export(form="dpo", out="x.csv")
    with pytest.raises(InputError, match="allowed: a folder"):
        export(what="all", out="x.csv")
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="can be written"):
        export(out="file/below")
