"""Inference Providers against a server on this machine that misbehaves in every way."""

import json
import time
from datetime import date
from io import BytesIO

import pytest
from PIL import Image

from gemrec.errors import GenerationCancelledError, GenerationError, GenerationRefusedError
from gemrec.generation import GenerationJob, ProviderOptions
from gemrec.generation.ledger import MemoryLedger, StoredLedger
from gemrec.generation.providers import ProviderBackend
from gemrec.generation.retries import Retries, RetryableError
from gemrec.records import GenerationParameters, Model, ModelCost, ModelSource
from gemrec.settings import Settings
from tests.loopback import Answer, Hub, serve


def png(color=(200, 30, 40)):
    buffer = BytesIO()
    Image.new("RGB", (16, 16), color).save(buffer, "PNG")
    return Answer(buffer.getvalue(), headers={"Content-Type": "image/png"})


class Script:
    """Gives its answers one after the other, then good images."""

    def __init__(self, *answers):
        self.answers = list(answers)
        self.requests = []

    def __call__(self, request):
        self.requests.append(request)
        answer = self.answers.pop(0) if self.answers else png()
        return answer() if callable(answer) else answer


def slow():
    time.sleep(1.0)
    return png()


def model(url, usd=0.01):
    return Model(
        "m", "Mira", ModelSource("provider", url, provider="hf-inference"),
        parameters=GenerationParameters(4, 3.5, 64, 32, "text"), cost=ModelCost(usd_per_image=usd),
    )  # fmt: skip


def generate(script, seeds=(7,), cancelled=lambda: False, ledger=None, usd=0.01, **options):
    ledger = ledger or MemoryLedger()
    with serve(script) as url:
        allowed = {"timeout": 0.5, "attempts": 3, "usd_per_day": 1.0}
        backend = ProviderBackend(ProviderOptions(**allowed | options), ledger, first_pause=0.01)
        job = GenerationJob(model(url, usd), None, "a cat", seeds)
        drawn = backend.generate(job, lambda *_: None, cancelled)
        return [each.image for each in drawn], ledger


def test_an_image_comes_as_asked_for():
    script = Script()
    (image,), ledger = generate(script)
    assert (image.size, image.mode, image.getpixel((0, 0))) == ((16, 16), "RGB", (200, 30, 40))
    sent = json.loads(script.requests[0].body)
    assert sent["inputs"] == "a cat"
    assert sent["parameters"] == {
        "negative_prompt": "text", "width": 64, "height": 32, "num_inference_steps": 4,
        "guidance_scale": 3.5, "seed": 7,
    }  # fmt: skip
    assert ledger.spent() == pytest.approx(0.01)


@pytest.mark.parametrize(
    "bad", [Answer(status=429), Answer(status=500), Answer(status=503), Answer(b"no image"), slow],
    ids=["429", "500", "503", "broken image", "too slow"],
)  # fmt: skip
def test_what_may_pass_is_asked_again(bad):
    script = Script(bad, bad)
    (image,), ledger = generate(script)
    assert image.size == (16, 16)
    assert len(script.requests) == 3
    assert ledger.spent() == pytest.approx(0.01)  # one image, however many tries


@pytest.mark.parametrize(
    ("bad", "says"),
    [(Answer(status=429), "asked too often"), (Answer(status=500), "HTTP 500"),
     (Answer(b"no image"), "no image"), (slow, "did not answer in time")],
    ids=["429", "500", "broken image", "too slow"],
)  # fmt: skip
def test_what_does_not_pass_is_an_error_and_costs_nothing(bad, says):
    script, ledger = Script(bad, bad, bad), MemoryLedger()
    with pytest.raises(GenerationError, match=f"Mira at hf-inference.*3 tries.*{says}"):
        generate(script, ledger=ledger)
    assert len(script.requests) == 3
    assert ledger.spent() == 0


@pytest.mark.parametrize(("status", "says"), [(400, "400"), (401, "HF_TOKEN"), (402, "credit")])
def test_a_refusal_is_not_asked_again(status, says):
    script = Script(Answer(status=status))
    with pytest.raises(GenerationError, match=f"refused.*{says}"):
        generate(script)
    assert len(script.requests) == 1


def test_a_lost_connection_is_asked_again_and_then_told():
    backend = ProviderBackend(ProviderOptions(1, 2, 1.0), MemoryLedger(), first_pause=0.01)
    job = GenerationJob(model("http://127.0.0.1:9"), None, "a cat", (1,))
    with pytest.raises(GenerationError, match="2 tries: the connection broke"):
        backend.generate(job, lambda *_: None, lambda: False)


def test_the_daily_limit_is_kept_by_all_processes_and_refusals_are_counted(tmp_path):
    day = [date(2026, 1, 2)]
    ledgers = [StoredLedger(tmp_path / "gemrec.db", lambda: day[0]) for _ in range(2)]
    generate(Script(), (1, 2), ledger=ledgers[0], usd_per_day=0.03)
    script = Script()
    with pytest.raises(GenerationRefusedError, match=r"limit.*\$0.0. of \$0.03 today"):
        generate(script, (1, 2), ledger=ledgers[1], usd_per_day=0.03)
    assert len(script.requests) <= 1
    assert ledgers[0].spent() <= 0.03
    assert ledgers[0].refusals() == {"cost_limit": 1}
    day[0] = date(2026, 1, 3)
    generate(Script(), (1, 2), ledger=ledgers[0], usd_per_day=0.03)


def test_the_limit_of_one_process_and_a_limit_of_nothing():
    for limits, says in (
        ({"usd_per_process": 0.005}, "limit for Inference Providers"),
        ({"usd_per_day": 0.0}, "nothing is spent unasked"),
    ):
        script = Script()
        with pytest.raises(GenerationRefusedError, match=says):
            generate(script, **limits)
        assert script.requests == []


def test_nothing_is_spent_before_somebody_has_said_so(monkeypatch):
    """A token alone, which backups and downloads need too, is no consent to pay."""
    monkeypatch.setattr("huggingface_hub.get_token", lambda: "hf_x")
    backend = ProviderBackend(ProviderOptions(), MemoryLedger(), hub=lambda: True)
    paid = Model("m", "Mira", ModelSource("provider", "org/flux", provider="together"))
    assert "set GEMREC_PROVIDER_USD_PER_DAY" in backend.problem(paid)
    with pytest.raises(GenerationRefusedError, match="nothing is spent unasked"):
        backend.generate(GenerationJob(paid, None, "a cat", (1,)), lambda *_: None, lambda: False)
    with serve(Script()) as url:
        assert backend.problem(model(url, usd=0.0)) is None  # an endpoint of one's own


def test_the_shipped_settings_spend_nothing():
    assert Settings.model_fields["provider_usd_per_day"].default == 0


def test_cancel_does_not_wait_for_the_server():
    started = time.monotonic()
    with pytest.raises(GenerationCancelledError):
        generate(
            Script(Answer(status=429, headers={"Retry-After": "20"})),
            cancelled=lambda: time.monotonic() - started > 0.2,
        )
    assert time.monotonic() - started < 3


def test_a_named_provider_is_asked_through_the_router(monkeypatch):
    """The mapping comes from the hub, the image as that provider sends it."""
    import base64  # noqa: PLC0415

    from huggingface_hub import constants, hf_api  # noqa: PLC0415

    hub = Hub({})
    hub.mappings["org/flux"] = {
        "together": {"status": "live", "providerId": "their/flux", "task": "text-to-image"}
    }
    script = Script(Answer.json({"data": [{"b64_json": base64.b64encode(png().body).decode()}]}))
    with serve(hub) as hub_url, serve(script) as router:
        monkeypatch.setattr(constants, "ENDPOINT", hub_url)
        monkeypatch.setattr(hf_api.api, "endpoint", hub_url)
        monkeypatch.setattr(constants, "INFERENCE_PROXY_TEMPLATE", router + "/{provider}")
        monkeypatch.setenv("HF_TOKEN", "hf_test")
        backend = ProviderBackend(
            ProviderOptions(usd_per_day=1.0), MemoryLedger(), hub=lambda: True
        )
        flux = Model("flux", "Flux", ModelSource("provider", "org/flux", provider="together"))
        assert backend.problem(flux) is None
        job = GenerationJob(flux, None, "a cat", (1,))
        (drawn,) = backend.generate(job, lambda *_: None, lambda: False)
    assert drawn.image.size == (16, 16)
    assert script.requests[0].path.startswith("/together/")
    assert json.loads(script.requests[0].body)["model"] == "their/flux"


def test_problems_say_what_to_do(monkeypatch):
    monkeypatch.delenv("HF_TOKEN", raising=False)
    monkeypatch.setattr("huggingface_hub.get_token", lambda: None)
    flux = Model("flux", "Flux", ModelSource("provider", "org/flux", provider="together"))
    paying = ProviderOptions(usd_per_day=1.0)
    never_asked = ProviderBackend(paying, MemoryLedger(), hub=lambda: 1 / 0)
    assert "set HF_TOKEN" in never_asked.problem(flux)
    monkeypatch.setattr("huggingface_hub.get_token", lambda: "hf_x")
    offline = ProviderBackend(paying, MemoryLedger(), hub=lambda: False)
    assert "connect to the network" in offline.problem(flux)
    poor = ProviderBackend(ProviderOptions(usd_per_day=0), MemoryLedger(), hub=lambda: True)
    assert "GEMREC_PROVIDER_USD_PER_DAY" in poor.problem(flux)


def test_pauses_double_and_keep_to_what_the_server_asks():
    pauses = []
    retries = Retries(4, pauses.append, lambda: 1.0)

    def fail():
        raise RetryableError("busy", 7.0 if len(pauses) == 1 else None)

    with pytest.raises(RetryableError):
        retries.call(fail)
    assert pauses == [1.0, 7.0, 4.0]
    assert retries.pause(20, 3600) == 30.0
