"""docs/extending.md, followed: one model, backend, sampler and export format more."""

import csv
from types import MappingProxyType

import numpy as np
import pytest
from PIL import Image

from gemrec.arena import SAMPLERS, BattleReady
from gemrec.arena.sampling import pairs_of
from gemrec.errors import SettingsError
from gemrec.exchange import Order, exporting
from gemrec.exchange import tables as exchanged
from gemrec.generation import Drawn, GenerationJob, registry
from gemrec.generation.host import BackendHandler, Generated
from gemrec.records import Outcome, Prompt
from gemrec.services import wiring
from gemrec.settings import load_settings
from tests.scripted import scripted_model, write_assets

PROMPT = Prompt("a pizza", "food")


def battle_of(services):
    annotator = services.store.annotators.create("Ann", services.clock())
    *_, ready = services.arena.open_battle(annotator.id, PROMPT, images=1)
    assert isinstance(ready, BattleReady)
    return services.store.battles.get(ready.battle_id)


def test_a_model_is_an_entry_in_a_file(make_services, tmp_path):
    mine = tmp_path / "mine.toml"
    mine.write_text(scripted_model("watercolor"))
    services = make_services(scripted_model("red"), models=mine)
    assert set(battle_of(services).models) == {"red", "watercolor"}


class Gradients:
    """A backend: each seed is a grey gradient of its own."""

    def __init__(self, options=None):
        self.name = "gradients"

    def problem(self, model, base=None):
        return None

    def warm_up(self, jobs, cancelled):
        pass

    def generate(self, job, on_step, cancelled):
        size = (job.model.parameters.width, job.model.parameters.height)
        on_step(1, 1)
        grey = [Image.linear_gradient("L").rotate(seed).resize(size) for seed in job.seeds]
        return [Drawn(image.convert("RGB")) for image in grey]


def test_a_backend_is_a_class_and_an_entry(monkeypatch, make_services):
    with pytest.raises(SettingsError, match="diffusers, scripted"):
        registry.build_backend("gradients", None)
    more = MappingProxyType({**registry.BACKENDS, "gradients": Gradients})
    monkeypatch.setattr(registry, "BACKENDS", more)
    model = make_services().catalog.get("red")
    told = []
    handler = BackendHandler(registry.build_backend("gradients", None), ())
    handler.handle(GenerationJob(model, None, "a pizza", (3, 4)), told.append, lambda: False)
    made = told[-1]
    assert isinstance(made, Generated)
    assert [drawn.image.size for drawn in made.images] == [(32, 32)] * 2


def test_a_sampler_is_a_class_and_an_entry(monkeypatch, tmp_path):
    """The first two models in the alphabet always meet."""

    class Alphabet:
        name = "alphabet"

        def weigh(self, models, evidence):
            wanted = set(sorted(models)[:2])
            pairs = zip(*pairs_of(len(models)), strict=True)
            return np.array([float({models[a], models[b]} == wanted) for a, b in pairs])

    monkeypatch.setattr(wiring, "SAMPLERS", MappingProxyType({**SAMPLERS, "alphabet": Alphabet}))
    catalog = "".join(scripted_model(name) for name in ("coral", "amber", "beryl"))
    assets = write_assets(tmp_path / "assets", catalog)
    settings = load_settings(
        assets=assets, data=tmp_path / "data", backend="scripted", random_share=0.0
    ).model_copy(update={"sampler": "alphabet"})
    services = wiring.build_services(settings)
    try:
        assert {frozenset(battle_of(services).models) for _ in range(3)} == {
            frozenset({"amber", "beryl"})
        }
    finally:
        services.close()


def write_tsv(path, columns, pieces):
    """Rows as lines, cells between tabs; the first line names the columns."""
    names = [column.name for column in columns]
    lines = ["\t".join(names)]
    for piece in pieces:
        cells = zip(*(piece[name] for name in names), strict=True)
        lines += ["\t".join(map(str, row)) for row in cells]
    path.write_text("\n".join(lines), encoding="utf-8")
    return len(lines) - 1


def test_an_export_format_is_a_function_and_an_entry(monkeypatch, make_services, tmp_path):
    services = make_services()
    ann = battle_of(services).annotator_id
    services.arena.cast_vote(services.arena.resume(ann).ticket, Outcome.LEFT)
    more = MappingProxyType({**exchanged.FORMATS, "tsv": write_tsv})
    monkeypatch.setattr(exchanged, "FORMATS", more)
    monkeypatch.setattr(exporting, "FORMATS", more)
    done = services.exporter.export(Order("votes", "tsv", tmp_path / "out"))
    assert [(table.path.name, table.rows) for table in done.tables] == [
        ("votes.tsv", 1),
        ("trail.tsv", 1),
    ]
    with (tmp_path / "out" / "votes.tsv").open(encoding="utf-8") as file:
        (row,) = csv.DictReader(file, delimiter="\t")
    assert (row["outcome"], row["prompt"]) == ("a", PROMPT.text)
    one = services.exporter.export(Order("votes", "tsv", tmp_path / "mine.tsv"))
    assert [file.name for file in one.files] == ["mine.tsv"]
