"""The gallery over HTTP: what is shown, what is kept, and what nobody may see."""

import io

import httpx
import pytest
from PIL import Image as PILImage

from gemrec.cli.doctor import examine
from gemrec.generation import GridRequest
from gemrec.records import BattleForm, BattleMode, Prompt
from tests.browser.server import serve

pytestmark = pytest.mark.integration


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with serve(tmp_path_factory.mktemp("gallery")) as running:
        services = running.services
        models = services.catalog.active()
        for number in range(2):
            prompt = Prompt(f"thing {number}", ("animal", "food")[number])
            services.grids.generate([GridRequest(m, prompt, (1, 2)) for m in models])
        services.embeddings.image_vectors(services.store.images.all())
        services.gallery.catch_up()
        services.refresher.nudge_images()
        services.refresher.refresh()
        yield running


@pytest.fixture
def client(server):
    with httpx.Client(base_url=server.url, timeout=60) as person:
        person.get("/")  # brings the cookie
        yield person


def get(client, path, **query):
    answer = client.get(f"/gallery/{path}", params=query)
    assert answer.status_code == 200, answer.text
    return answer.json()


def post(client, path, said):
    return client.post(f"/gallery/{path}", json=said)


def ids(document):
    import re  # noqa: PLC0415

    return [int(number) for number in re.findall(r'data-image="(\d+)"', document["html"])]


def test_pages_and_weights(client):
    first = get(client, "page", size=5)
    assert (first["total"], first["pages"], len(ids(first))) == (16, 4, 5)
    pages = [ids(get(client, "page", size=5, page=k)) for k in range(4)]
    assert len({i for page in pages for i in page}) == 16
    assert len(ids(get(client, "page", category="food"))) == 8
    assert client.get("/gallery/page", params={"safety": "x"}).status_code == 400
    assert client.get("/gallery/page", params={"low": 0.7, "high": 0.2}).status_code == 400


def test_images_of_open_blind_battles_are_nowhere(server, client):
    services = server.services
    annotator = services.store.annotators.create("Zoe", services.clock())
    battle = None
    for event in services.arena.open_battle(annotator.id, Prompt("thing 0", "animal"), images=1):
        battle = event
    names = [name for side in battle.sides for name in side.names]
    hidden = {services.store.battles.showing(name).image_id for name in names}
    assert hidden
    total = get(client, "page")["total"]
    shown = {i for k in range(3) for i in ids(get(client, "page", page=k, size=200))}
    assert not shown & hidden
    assert total == len(shown)
    assert not set(get(client, "map")["ids"]) & hidden
    some = next(iter(hidden))
    assert ids(get(client, "details", ids=str(some))) == []
    assert post(client, "pick", {"ids": [some], "on": True}).status_code == 400
    assert get(client, "picked")["chosen"] == 0
    services.arena.cast_vote(battle.ticket, "left", annotator.id)


def test_choices_are_the_persons_and_stay(server, client):
    some = ids(get(client, "page"))[:3]
    assert post(client, "pick", {"ids": some, "on": True}).json() == {"chosen": 3}
    assert post(client, "pick", {"ids": some[:1], "on": False}).json() == {"chosen": 2}
    assert set(ids(get(client, "picked"))) == set(some[1:])
    assert get(client, "page")["html"].count('aria-pressed="true"') == 2
    with httpx.Client(base_url=server.url, timeout=60) as other:
        other.get("/")
        assert get(other, "picked")["chosen"] == 0
    with httpx.Client(base_url=server.url, timeout=60) as nobody:
        assert post(nobody, "pick", {"ids": some, "on": True}).status_code == 400
    for wrong in ([0], ["1"], "1", [10**30]):
        assert post(client, "pick", {"ids": wrong, "on": True}).status_code == 400


def test_a_report_hides_an_image_from_its_reporter_and_from_all_after_three(server, client):
    image = ids(get(client, "page"))[-1]
    assert post(client, "report", {"id": image, "reason": "because"}).status_code == 400
    others = []
    for _ in range(3):
        person = httpx.Client(base_url=server.url, timeout=60)
        person.get("/")
        others.append(person)
        assert image in ids(get(client, "page", size=200))
        assert post(person, "report", {"id": image, "reason": "broken"}).status_code == 200
        assert image not in ids(get(person, "page", size=200))
    assert image not in ids(get(client, "page", size=200))
    assert server.services.store.picks.reports()[image] == ("broken",) * 3
    told = {check.name: check.detail for check in examine(server.services.settings)}
    assert "reported by people: 1" in told["images"]
    for person in others:
        person.close()


def test_chosen_images_become_a_named_ranking(server, client):
    seen = set(ids(get(client, "page", size=200)))
    made = [i for i in server.services.store.images.all() if i.id in seen]
    one_each = list({i.model_id: i.id for i in made if i.prompt == "thing 1"}.values())[:3]
    other = next(i for i in made if i.prompt == "thing 0")
    post(client, "pick", {"ids": [*one_each, other.id], "on": True})
    refused = post(client, "rank", {})
    assert refused.status_code == 400
    assert "one prompt" in refused.json()["error"]
    post(client, "pick", {"ids": [other.id], "on": False})
    assert post(client, "rank", {}).json() == {"opened": True}
    people = server.services.store.annotators.names()
    waiting = [server.services.arena.resume(person) for person in people]
    (opened,) = [b for b in waiting if b is not None and b.form is BattleForm.RANKING]
    assert opened.mode is BattleMode.NAMED
    shown = [server.services.store.battles.showing(s.names[0]).image_id for s in opened.sides]
    assert shown == one_each
    server.services.arena.cast_vote(opened.ticket, "ranking", ranking=((2,), (0, 1)))


def test_thumbnails_come_in_sheets(client):
    services_map = get(client, "map")
    assert len(services_map["ids"]) >= 12  # all but what reports and waiting battles hide
    (name,) = services_map["sheets"]
    sheet = PILImage.open(io.BytesIO(client.get(f"/gallery/atlas/{name}.webp").content))
    assert sheet.width == services_map["tile"] * services_map["across"]
    assert client.get(f"/gallery/atlas/{'0' * 32}.webp").status_code == 404


def test_a_podium_and_an_order_by_hand(server, client):
    html = get(client, "podium")["html"]
    assert html.count("data-model=") == 4
    models = [model.id for model in server.services.catalog.active()]
    order = models[::-1]
    answer = post(client, "order", {"category": "", "models": order}).json()["html"]
    assert "in your own order" in answer
    places = [answer.index(f'data-model="{model}"') for model in order]
    assert places == sorted(places)
    assert post(client, "order", {"category": "", "models": ["x"]}).status_code == 400


def test_small_copies_are_for_lasting_names_alone(server, client):
    image = server.services.store.images.all()[0]
    from gemrec.ui.app import build_context  # noqa: PLC0415

    name = build_context(server.services).pictures.name_of(image)
    assert client.get(f"/img/{name}.webp?w=320").status_code == 200
    assert client.get(f"/img/{name[:-1]}0.webp?w=320").status_code in (200, 404)
