import json
from datetime import UTC, datetime
from types import MappingProxyType

import pytest

from gemrec import documents
from gemrec.arena import BattleReady, Side
from gemrec.errors import InputError
from gemrec.records import (
    BattleForm,
    BattleMode,
    Board,
    BoardRow,
    EventKind,
    Image,
    Knowledge,
    Model,
    ModelSource,
    Outcome,
    Prompt,
    RankedImage,
    RankedModel,
    RatingChange,
    ReasonTag,
    Recommendation,
    Remarks,
    Reveal,
    Vote,
)

NOW = datetime(2026, 1, 1, tzinfo=UTC)
IMAGE = Image(7, "ab" * 32, "red", "a cat", "animal", 3, "k", 32, 32, 0.51234567, NOW)


def test_battle():
    ready = BattleReady(
        "b1", "t.o.k", (Side("A", ("x1", "x2")), Side("B", ("y1", "y2"))), Prompt("p")
    )
    assert documents.battle_document(ready, lambda name: f"/img/{name}.webp") == {
        "ticket": "t.o.k",
        "battle_id": "b1",
        "sides": [
            {"label": "A", "images": ["/img/x1.webp", "/img/x2.webp"]},
            {"label": "B", "images": ["/img/y1.webp", "/img/y2.webp"]},
        ],
    }


def test_vote():
    vote = Vote(
        4, "b1", "ann", EventKind.CAST, Outcome.LEFT, ("red", "green"), "a cat", "animal",
        BattleMode.BLIND, None, NOW,
    )  # fmt: skip
    ratings = {"red": RatingChange(1000, 1008), "green": RatingChange(1000, 992)}
    reveal = Reveal(vote, MappingProxyType(ratings), MappingProxyType({"red": "The Red Model"}))
    assert documents.vote_document(reveal) == {
        "vote_id": 4,
        "outcome": "left",
        "models": {"A": "red", "B": "green"},
        "names": {"A": "The Red Model", "B": "green"},
        "ratings": {
            "red": {"before": 1000.0, "after": 1008.0},
            "green": {"before": 1000.0, "after": 992.0},
        },
    }


def test_recommendation():
    answer = Recommendation(
        "ann", "a cat", 4, 9,
        (RankedModel("red", 0.75, 0.5, 0.9, "You liked it.", 0.8, ("It is bright.",), (3,)),),
        (RankedImage(IMAGE, 0.6, 0.4, 0.7, 2),),
        Knowledge(4, True, 0.6, 0.65), 7, ("red",), None, ("a dog",), (("blue", "too slow"),),
    )  # fmt: skip
    assert documents.recommendation_document(answer, lambda image: f"/img/{image.id}") == {
        "votes_applied": 4,
        "personal": True,
        "loss": {"personal": 0.6, "everybody": 0.65},
        "votes_to_go": 7,
        "top3": ["red"],
        "models": [
            {
                "model": "red",
                "score": 0.75,
                "low": 0.5,
                "high": 0.9,
                "top3": 0.8,
                "reason": "You liked it.",
                "details": ["It is bright."],
                "evidence": [3],
            }
        ],
        "worth_running": ["red"],
        "explored": None,
        "images": [
            {
                "url": "/img/7",
                "model": "red",
                "score": 0.6,
                "low": 0.4,
                "high": 0.7,
                "seed": 3,
                "prompt": "a cat",
                "best_of": 2,
            }
        ],
        "like_prompts": ["a dog"],
        "left_out": [{"model": "blue", "reason": "too slow"}],
    }


def test_board_says_nothing_where_it_knows_nothing():
    row = BoardRow(1, "red", 1010.5, float("-inf"), float("inf"), 3, 1008)
    document = documents.board_document(Board("davidson", 3, 9, (row,), "animal"))
    assert (document["method"], document["votes"], document["category"]) == (
        "davidson",
        3,
        "animal",
    )
    (line,) = document["rows"]
    assert (line["rank"], line["model"], line["rating"], line["votes"]) == (1, "red", 1010.5, 3)
    for unknown in ("low", "high", "worst_rank", "drawn_ranks", "acceptability"):
        assert line[unknown] is None
    assert line["elo"] == 1008.0
    json.dumps(document, allow_nan=False)


def test_models_prompts_and_images():
    model = Model("red", "Red", ModelSource("scripted", "ok"), tags=("style:flat",))
    (entry,) = documents.models_document([model], {"red": "no GPU"})["models"]
    assert (entry["id"], entry["tags"], entry["problem"]) == ("red", ["style:flat"], "no GPU")
    assert documents.prompts_document([Prompt("a cat", "animal")]) == {
        "prompts": [{"prompt": "a cat", "category": "animal"}]
    }
    assert documents.images_document([IMAGE], lambda image: "out/cat.webp") == {
        "images": [
            {"model": "red", "prompt": "a cat", "seed": 3, "file": "out/cat.webp",
             "seconds": 0.512346}
        ]
    }  # fmt: skip


def test_a_ranking_and_a_named_comparison_say_what_they_are():
    sides = (Side("A", ("x",), "Red"), Side("B", ("y",), "Green"), Side("C", ("z",), "Blue"))
    ready = BattleReady("b1", "t", sides, Prompt("p"), BattleMode.NAMED, form=BattleForm.RANKING)
    document = documents.battle_document(ready, str)
    assert document["form"] == "ranking"
    assert [side["model"] for side in document["sides"]] == ["Red", "Green", "Blue"]


def test_a_vote_on_a_ranking():
    vote = Vote(
        4, "b1", "ann", EventKind.CAST, Outcome.RANKING, ("red", "green", "blue"), "a cat", "",
        BattleMode.BLIND, None, NOW, ranking=((2,), (0, 1)), form=BattleForm.RANKING,
    )  # fmt: skip
    document = documents.vote_document(Reveal(vote))
    assert document["models"] == {"A": "red", "B": "green", "C": "blue"}
    assert document["ranking"] == [["C"], ["A", "B"]]


def test_a_hidden_vote_names_nobody():
    vote = Vote(
        4, "b1", "ann", EventKind.CAST, Outcome.LEFT, ("red", "green"), "a cat", "",
        BattleMode.BLIND, None, NOW, form=BattleForm.KING,
    )  # fmt: skip
    document = documents.vote_document(Reveal(vote, is_hidden=True))
    assert (document["models"], document["names"], document["ratings"]) == ({}, {}, {})
    assert "red" not in json.dumps(document)


@pytest.mark.parametrize(
    ("said", "tiers"),
    [
        (None, None),
        ([["B"], ["A", "C"]], ((1,), (0, 2))),
        (["B", ["A", "C"]], ((1,), (0, 2))),
        ([["A"], []], ((0,),)),
    ],
)
def test_rankings_as_the_api_takes_them(said, tiers):
    assert documents.read_ranking(said) == tiers


@pytest.mark.parametrize("said", ["BA", [["a"]], [["AB"]], [[0]], [[""]], {"A": 1}, [["I"]], 5])
def test_rankings_that_make_no_sense(said):
    with pytest.raises(InputError, match=r"ranking: got .*allowed: null or labels"):
        documents.read_ranking(said)


def test_remarks_as_the_api_takes_them():
    assert documents.read_remarks() == Remarks()
    read = documents.read_remarks(["style", "looks", "style"], ["B", 3], " both empty ", 900, 2)
    assert read == Remarks((ReasonTag.STYLE, ReasonTag.LOOKS), (1, 2), "both empty", 900, 2)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("reasons", "style"),
        ("reasons", ["nice"]),
        ("reasons", [["style"]]),
        ("best", "B3"),
        ("best", ["B", 0]),
        ("best", ["B", True]),
        ("best", [1, 1]),
        ("skip_reason", 5),
        ("dwell_ms", -1),
        ("dwell_ms", 1.5),
        ("zooms", True),
    ],
)
def test_remarks_that_make_no_sense(field, value):
    with pytest.raises(InputError, match=rf"{field}: got .*allowed"):
        documents.read_remarks(**{field: value})
