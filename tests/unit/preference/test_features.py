"""Pictures as features: content taken out, styles found, any shape of data survived."""

from collections.abc import Sequence
from datetime import UTC, datetime

import numpy as np
import pytest

from gemrec.preference import FeatureTable, build_features
from gemrec.records import Image

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def image(number: int, model_id: str, prompt: str, category: str = "x") -> Image:
    digest = f"{number:064x}"
    return Image(number, digest, model_id, prompt, category, number, "p", 8, 8, None, NOW)


def world(
    models: int = 6, prompts: int = 10, seeds: int = 2, dim: int = 40, seed: int = 0
) -> tuple[list[Image], dict[str, np.ndarray], np.ndarray]:
    rng = np.random.default_rng(seed)
    content, style = 3 * rng.normal(size=(prompts, dim)), rng.normal(size=(models, dim))
    images, vectors = [], {}
    for p in range(prompts):
        for m in range(models):
            for _ in range(seeds):
                number = len(images) + 1
                vector = content[p] + style[m] + 0.3 * rng.normal(size=dim)
                images.append(image(number, f"m{m}", f"p{p}", f"c{p % 2}"))
                vectors[images[-1].digest] = (vector / np.linalg.norm(vector)).astype(np.float32)
    return images, vectors, style


def purity(table: FeatureTable, images: Sequence[Image]) -> float:
    """Share of the features' variance that lies between models."""
    means = table.looks[[table.models[i.model_id] for i in images]]
    return float((means**2).sum() / (table.images**2).sum())


def test_features_show_styles_and_not_contents() -> None:
    images, vectors, _ = world()
    table = build_features(images, vectors)
    assert 0 < table.dim <= 24
    assert (table.images**2).sum(axis=1).mean() == pytest.approx(1.0)
    assert purity(table, images) > 0.5
    per_prompt = [
        table.images[[i.prompt == f"p{p}" for i in images]].mean(axis=0) for p in range(10)
    ]
    np.testing.assert_allclose(per_prompt, 0.0, atol=0.05)


def test_two_models_per_prompt_are_enough_to_tell_styles_apart() -> None:
    images, vectors, style = world(models=6, prompts=45)
    pairs = [(a, b) for a in range(6) for b in range(a + 1, 6)]
    kept = [i for i in images if int(i.model_id[1:]) in pairs[int(i.prompt[1:]) % len(pairs)]]
    table = build_features(kept, vectors)
    found = table.looks[[table.models[f"m{m}"] for m in range(6)]]
    true = style - style.mean(axis=0)

    def gaps(rows: np.ndarray) -> np.ndarray:
        return np.linalg.norm(rows[:, None] - rows[None], axis=2)[np.triu_indices(6, 1)]

    assert np.corrcoef(gaps(found), gaps(true))[0, 1] > 0.5


def test_the_order_of_images_is_no_matter() -> None:
    images, vectors, _ = world()
    one = build_features(images, vectors)
    other = build_features(images[::-1], dict(reversed(vectors.items())))
    np.testing.assert_array_equal(one.images, other.images)


def test_images_without_vectors_are_left_out() -> None:
    images, vectors, _ = world()
    del vectors[images[0].digest]
    table = build_features(images, vectors)
    assert table.image(images[0].id) is None
    assert table.image(images[1].id) is not None
    assert table.grid("m0", "p0") in table.grids.values()


def test_broken_vectors_are_left_out() -> None:
    images, vectors, _ = world()
    vectors[images[0].digest] = np.ones(7, np.float32)  # of an older encoder
    vectors[images[1].digest] = np.full(40, np.nan, np.float32)
    table = build_features(images, vectors)
    assert table.image(images[0].id) is None and table.image(images[1].id) is None
    assert len(table.rows) == len(images) - 2 and np.isfinite(table.images).all()


def test_expected_looks_fall_back_step_by_step() -> None:
    images, vectors, _ = world()
    table = build_features(images, vectors)
    assert table.grid("m1", "p0", "c0") == table.grids["m1", "p0"]
    assert table.grid("m1", "new", "c0") == table.by_category["m1", "c0"]
    assert table.grid("m1", "new", "new") == table.models["m1"]
    assert table.grid("stranger", "p0", "c0") == -1
    np.testing.assert_array_equal(table.looks[-1], 0.0)


def test_looks_are_means_of_what_they_stand_for() -> None:
    images, vectors, _ = world()
    table = build_features(images, vectors)

    def mean(**wanted: str) -> np.ndarray:
        return np.mean(
            [
                table.image(i.id)
                for i in images
                if all(getattr(i, name) == value for name, value in wanted.items())
            ],
            axis=0,
        )

    grid, model = mean(model_id="m1", prompt="p0"), mean(model_id="m1")
    np.testing.assert_allclose(table.looks[table.grids["m1", "p0"]], grid, atol=1e-9)
    np.testing.assert_allclose(table.looks[table.models["m1"]], model, atol=1e-9)
    # Five grids of the category against two grids' worth of the model as a whole.
    kind = (5 * mean(model_id="m1", category="c0") + 2 * model) / 7
    np.testing.assert_allclose(table.looks[table.by_category["m1", "c0"]], kind, atol=1e-9)


@pytest.mark.parametrize("kept", [0, 1, 2])
def test_hardly_any_picture(kept: int) -> None:
    images, vectors, _ = world()
    table = build_features(images[:kept], vectors)
    assert table.dim <= 1
    assert np.isfinite(table.images).all()


def test_all_pictures_alike_give_no_features() -> None:
    images, vectors, _ = world()
    same = dict.fromkeys(vectors, vectors[images[0].digest])
    table = build_features(images, same)
    assert table.dim == 0
    assert table.images.shape == (len(images), 0)


def test_both_ways_to_find_axes_agree() -> None:
    images, vectors, _ = world(models=3, prompts=5, seeds=1, dim=40)  # fewer images than numbers
    narrow = build_features(images, vectors, components=3)
    padded = {d: np.concatenate([v, np.zeros(0, np.float32)]) for d, v in vectors.items()}
    many = [*images, *(image(i.id + 1000, i.model_id, i.prompt) for i in images * 3)]
    many = [image(k, i.model_id, i.prompt, i.category) for k, i in enumerate(many, start=1)]
    by_source = {
        m.digest: padded[i.digest] for m, i in zip(many, [*images, *(images * 3)], strict=True)
    }
    wide = build_features(many, by_source, components=3)  # more images than numbers
    gram = narrow.images @ narrow.images.T
    np.testing.assert_allclose(wide.images[:15] @ wide.images[:15].T, gram, atol=0.05)
