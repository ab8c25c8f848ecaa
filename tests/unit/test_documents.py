import json
from datetime import UTC, datetime
from types import MappingProxyType

from gemrec import documents
from gemrec.arena import BattleReady, Side
from gemrec.records import (
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
    Recommendation,
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
    assert document == {
        "method": "davidson",
        "votes": 3,
        "category": "animal",
        "rows": [
            {"rank": 1, "model": "red", "rating": 1010.5, "low": None, "high": None, "votes": 3,
             "elo": 1008.0}
        ],
    }  # fmt: skip
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
