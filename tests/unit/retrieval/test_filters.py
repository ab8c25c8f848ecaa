import pytest

from gemrec.records import Model, ModelCost, ModelSource
from gemrec.retrieval import UNSAFE_TAG, Filters, apply_filters


def model(model_id: str, licence: str = "MIT", tags: tuple[str, ...] = (), **cost: float) -> Model:
    source = ModelSource("scripted", model_id)
    return Model(model_id, model_id, source, licence=licence, tags=tags, cost=ModelCost(**cost))


@pytest.mark.parametrize(
    ("filters", "offered"),
    [
        (Filters(), "quick slow free unknown"),
        (Filters(licences=frozenset({"MIT"})), "quick slow unknown"),
        (Filters(seconds=1.0), "quick"),
        (Filters(vram_gb=8.0), "quick slow"),
        (Filters(vram_gb=8.0, seconds=1.0), "quick"),
        (Filters(usd=0.01), ""),
        (Filters(unsafe=True), "quick slow free unknown wild"),
        (Filters(ids=frozenset({"slow", "wild"})), "slow"),
    ],
)
def test_what_is_offered(filters, offered):
    models = [
        model("quick", seconds_per_image=0.5, vram_gb=4),
        model("slow", seconds_per_image=9.0, vram_gb=8),
        model("free", licence="CC0-1.0"),
        model("unknown"),
        model("wild", tags=(UNSAFE_TAG,)),
    ]
    kept, left_out = apply_filters(models, filters)
    assert [m.id for m in kept] == offered.split()
    assert {m.id for m, _ in left_out} == {m.id for m in models} - set(offered.split())
    assert all(reason for _, reason in left_out)


def test_a_missing_hint_is_no_promise_and_says_so():
    assert Filters(seconds=9.0).reason_against(model("x")) == "its speed is not known"
