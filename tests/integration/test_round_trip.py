"""Out of one database and into an empty one: the same votes, board and recommendations."""

import pandas as pd
import pytest

from gemrec.exchange import Order, import_votes
from gemrec.leaderboard import BoardQuery
from gemrec.records import EventKind, Outcome
from gemrec.services import build_services
from gemrec.settings import load_settings
from tests.scripted import scripted_model, write_assets

pytestmark = pytest.mark.integration
NAMES = ("red", "green", "blue", "grey")
CATALOG = "".join(scripted_model(name) for name in NAMES)
PROMPTS = ("a cat face on a blue background", "a pizza")


def vote(services, person, number):
    """The earlier model in NAMES wins, ties now and then."""
    prompt = services.prompt(PROMPTS[number % 2])
    ready = [*services.arena.open_battle(person, prompt, images=1)][-1]
    battle = services.store.battles.get(ready.battle_id)
    left, right = map(NAMES.index, battle.models)
    outcome = Outcome.TIE if number % 5 == 4 else Outcome.LEFT if left < right else Outcome.RIGHT
    return services.arena.cast_vote(ready.ticket, outcome, person).vote


@pytest.fixture
def home(make_services):
    services = make_services(CATALOG, annotator_limit="", address_limit="")
    people = [services.store.annotators.create(n, services.clock()).id for n in ("Ann", "Ben")]
    votes = [vote(services, people[number % 2], number) for number in range(16)]
    services.arena.edit(people[0], votes[0].id, Outcome.BOTH_GOOD)
    services.arena.undo(people[1], votes[1].id)
    services.refresher.refresh()
    return services, people


@pytest.fixture
def away(tmp_path):
    assets = write_assets(tmp_path / "assets2", CATALOG)
    services = build_services(
        load_settings(assets=assets, data=tmp_path / "away", backend="scripted")
    )
    yield services
    services.close()


def board(services):
    return [
        (row.model_id, row.rank, row.rating, row.low, row.high, row.votes, row.elo)
        for row in services.fit_board(BoardQuery()).board.rows
    ]


def picks(services, person):
    models = services.recommend(person, PROMPTS[0], look_ahead=False).models
    return [(m.model_id, m.score, m.low, m.high) for m in models]


@pytest.mark.parametrize("form", ["csv", "jsonl", "parquet"])
def test_export_import_rebuild_gives_the_same(home, away, tmp_path, form):
    services, people = home
    services.exporter.export(Order("votes", form, tmp_path / "out"))
    services.exporter.export(Order("images", "parquet", tmp_path / "out"))
    import_votes(away.store, tmp_path / "out", away.clock(), files=away.images)
    for one in (services, away):
        one.embeddings.image_vectors(one.store.images.all())
        one.refresher.rebuild()
    said = [
        (v.kind, v.outcome, v.models, v.prompt, v.cast_at) for v in services.store.votes.after(0)
    ]
    assert said == [
        (v.kind, v.outcome, v.models, v.prompt, v.cast_at) for v in away.store.votes.after(0)
    ]
    assert {kind for kind, *_ in said} == set(EventKind)
    assert board(away) == [pytest.approx(row) for row in board(services)]
    for person in people:
        pseudonym = services.exporter.pseudonym(person)
        twin = away.annotator_id(pseudonym)
        mine, theirs = picks(services, person), picks(away, twin)
        assert [name for name, *_ in theirs] == [name for name, *_ in mine]
        for (_, *had), (_, *has) in zip(mine, theirs, strict=True):
            assert has == pytest.approx(had, abs=1e-6)


@pytest.mark.filterwarnings("ignore")
def test_datasets_reads_every_table_with_its_images(home, tmp_path, monkeypatch):
    datasets = pytest.importorskip("datasets")
    services, _ = home
    services.exporter.export(Order("all", "parquet", tmp_path / "all"))
    cache = str(tmp_path / "cache")
    for name in ("votes", "trail", "ratings", "images"):
        read = datasets.load_dataset(str(tmp_path / "all"), name, cache_dir=cache)["train"]
        frame = pd.read_parquet(tmp_path / "all" / f"{name}.parquet")
        assert len(read) == len(frame) > 0
    assert read[0]["image"].size == (32, 32)
    services.exporter.export(Order("votes", "dpo", tmp_path / "dpo"))
    pairs = datasets.load_dataset(str(tmp_path / "dpo"), "dpo", cache_dir=cache)["train"]
    assert pairs[0]["chosen"].size == pairs[0]["rejected"].size == (32, 32)
    services.exporter.export(Order("votes", "pickapic", tmp_path / "pick"))
    picked = datasets.load_dataset(str(tmp_path / "pick"), "pickapic", cache_dir=cache)["train"]
    assert picked[0]["jpg_0"][:3] == b"\xff\xd8\xff"


@pytest.mark.filterwarnings("ignore")
def test_arena_rank_reads_the_arena_file_unchanged(home, tmp_path):
    data = pytest.importorskip("arena_rank.utils.data_utils")
    services, _ = home
    services.exporter.export(Order("votes", "arena", tmp_path / "arena"))
    frame = pd.read_csv(tmp_path / "arena" / "arena.csv")
    pairs = data.PairDataset.from_pandas(frame)
    assert sorted(pairs.competitors) == sorted(set(frame["model_a"]) | set(frame["model_b"]))
    assert float(pairs.counts.sum()) == len(frame)
    assert set(map(float, pairs.outcomes)) <= {0.0, 0.5, 1.0}
