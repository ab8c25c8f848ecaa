"""Battles between models of providers that fail in every way: no vote is lost, no limit passed."""

import threading
from collections import Counter

import pytest

from gemrec.arena import BattleReady
from gemrec.embedding import EncoderOptions
from gemrec.errors import InputError
from gemrec.records import Outcome, Prompt
from tests.loopback import Answer, serve
from tests.unit.generation.test_providers import png

pytestmark = pytest.mark.integration
PRICE = 0.01
NAMES = ("good", "fine", "busy", "broken", "garbled", "refusing")

ENTRY = """
[[model]]
id = "{name}"
name = "{name}"
source = {{ kind = "provider", provider = "hf-inference", path = "{url}/{name}" }}
parameters = {{ steps = 2, guidance_scale = 1.0, width = 32, height = 32 }}
cost = {{ usd_per_image = {price} }}
"""


class Provider:
    """Each model answers by its name."""

    def __init__(self):
        self.asked = Counter()
        self.answered = Counter()
        self._lock = threading.Lock()

    def __call__(self, request):
        name = request.path.strip("/").split("/")[-1]
        with self._lock:
            self.asked[name] += 1
            if name == "busy" and self.asked[name] % 2:
                return Answer(status=429, headers={"Retry-After": "0"})
            if name == "broken":
                return Answer(status=500)
            if name == "garbled":
                return Answer(b"no image", headers={"Content-Type": "image/png"})
            if name == "refusing":
                return Answer(status=403)
            self.answered[name] += 1
            number = sum(self.answered.values())
        return png((number * 37 % 256, number * 91 % 256, len(name) * 40))


@pytest.fixture
def provider():
    built = Provider()
    with serve(built) as url:
        built.url = url
        yield built


@pytest.fixture
def make(provider, make_services, monkeypatch):
    monkeypatch.setattr(
        "gemrec.services.wiring.encoder_options", lambda _: EncoderOptions("scripted")
    )

    def build(**settings):
        catalog = "".join(ENTRY.format(name=n, url=provider.url, price=PRICE) for n in NAMES)
        return make_services(
            catalog, backend="diffusers", provider_attempts=2, provider_timeout=10.0, **settings
        )

    return build


def battles(services, annotator_id, count):
    """Open battles and vote in each that comes about; returns the votes' ids and models."""
    votes = []
    for number in range(count):
        prompt = Prompt(f"a cat number {number}", "animal")
        try:
            *_, last = services.arena.open_battle(annotator_id, prompt, images=1)
        except InputError:
            break
        if isinstance(last, BattleReady):
            reveal = services.arena.cast_vote(last.ticket, Outcome.LEFT, annotator_id)
            votes.append((reveal.vote.id, reveal.vote.models))
    return votes


def test_no_vote_is_lost_and_failures_cost_nothing(make, provider):
    services = make(provider_usd_per_day=5.0, provider_usd_per_process=5.0)
    ann = services.store.annotators.create("Ann", services.clock()).id
    votes = battles(services, ann, 8)
    assert len(votes) >= 4
    assert {vote.id for vote in services.store.votes.current()} == {number for number, _ in votes}
    assert {name for _, models in votes for name in models} <= {"good", "fine", "busy"}
    assert provider.asked["broken"] + provider.asked["garbled"] + provider.asked["refusing"] > 0
    images = len(services.store.images.all())
    assert sum(provider.answered.values()) == images
    assert services.store.usage.spent(services.clock().date()) == pytest.approx(images * PRICE)
    again = services.refresher.rebuild()
    assert again.last_vote_id >= max(number for number, _ in votes)


def test_the_cost_limit_ends_battles_not_votes(make, provider):
    services = make(provider_usd_per_day=0.06, provider_usd_per_process=5.0)
    ann = services.store.annotators.create("Ann", services.clock()).id
    votes = battles(services, ann, 12)
    spent = services.store.usage.spent(services.clock().date())
    assert spent <= 0.06 + 1e-9
    assert 1 <= len(votes) <= 3
    assert {vote.id for vote in services.store.votes.current()} == {number for number, _ in votes}
    problems = services.problems()
    assert "GEMREC_PROVIDER_USD_PER_DAY" in problems["good"] or spent < 0.06
