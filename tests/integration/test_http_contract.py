"""The plain HTTP routes against their description, by schemathesis: thousands of odd requests.

Bounded here; ``FUZZ=20`` sends twenty times as many.
"""

import os

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.browser.server import serve

pytestmark = pytest.mark.integration
schemathesis = pytest.importorskip("schemathesis")

ERROR = {"type": "object", "required": ["error"], "properties": {"error": {"type": "string"}}}
VOTE = {
    "type": "object",
    "required": ["ticket", "outcome"],
    "additionalProperties": False,
    "properties": {
        "ticket": {"type": "string"},
        "outcome": {"enum": ["left", "right", "tie", "both_good", "both_bad", "skip", "ranking"]},
        "ranking": {
            "type": ["array", "null"],
            "items": {"type": "array", "items": {"type": "string"}},
        },
        "reasons": {"type": ["array", "null"], "items": {"type": "string"}},
        "best": {"type": ["array", "null"]},
        "skip_reason": {"type": ["string", "null"]},
        "dwell_ms": {"type": ["integer", "null"]},
        "zooms": {"type": ["integer", "null"]},
    },
}


def body(schema: dict[str, object]) -> dict[str, object]:
    return {"content": {"application/json": {"schema": schema}}}


DESCRIPTION = {
    "openapi": "3.1.0",
    "info": {"title": "GEMRec", "version": "1"},
    "paths": {
        "/votes": {
            "post": {
                "requestBody": {
                    "required": True,
                    **body(
                        {
                            "type": "object",
                            "required": ["votes"],
                            "properties": {
                                "votes": {
                                    "type": "array",
                                    "items": VOTE,
                                    "minItems": 1,
                                    "maxItems": 100,
                                }
                            },
                        }
                    ),
                },
                "responses": {
                    "200": {
                        "description": "One answer per vote, in order",
                        **body(
                            {
                                "type": "object",
                                "required": ["votes"],
                                "properties": {
                                    "votes": {"type": "array", "items": {"type": "object"}}
                                },
                            }
                        ),
                    },
                    "400": {"description": "No votes", **body(ERROR)},
                    "413": {"description": "Too long", **body(ERROR)},
                },
            }
        },
        "/health": {
            "get": {
                "responses": {
                    "200": {
                        "description": "Votes can be stored",
                        **body({"type": "object", "required": ["status"]}),
                    }
                }
            }
        },
        "/img/{name}.webp": {
            "get": {
                "parameters": [
                    {"name": "name", "in": "path", "required": True, "schema": {"type": "string"}}
                ],
                "responses": {"404": {"description": "No such image"}},
            }
        },
    },
}


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with serve(
        tmp_path_factory.mktemp("contract"), annotator_limit="", address_limit=""
    ) as running:
        yield running


SCHEMA = schemathesis.openapi.from_dict(DESCRIPTION)
CASES = st.one_of(
    SCHEMA["/votes"]["POST"].as_strategy(),
    SCHEMA["/votes"]["POST"].as_strategy(generation_mode=schemathesis.GenerationMode.NEGATIVE),
    SCHEMA["/img/{name}.webp"]["GET"].as_strategy(),
    SCHEMA["/health"]["GET"].as_strategy(),
)


@settings(
    max_examples=40 * int(os.environ.get("FUZZ", "1")),
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
@given(case=CASES)
def test_every_request_gets_an_answer_of_the_description(server, case):
    response = case.call(base_url=server.url, timeout=20)
    assert response.status_code < 500
    expected = {"/votes": (200, 400, 413), "/health": (200,), "/img/{name}.webp": (404,)}
    if response.status_code in expected[case.path]:
        if case.path == "/votes":
            document = response.json()
            assert "error" in document or len(document["votes"]) >= 1
    else:
        # Paths such as "a/b" lead to other routes: to none of ours.
        assert case.path != "/votes"
        assert response.status_code in (307, 400, 404, 405)
    assert server.services.store.votes.last_id() == 0
