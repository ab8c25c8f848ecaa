"""What every tab needs besides the services: who is asking, and where images are."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import cast

import gradio as gr

from gemrec.logs import ErrorCounter
from gemrec.records import Image
from gemrec.services import Services
from gemrec.ui.identity import Identity
from gemrec.ui.pictures import Pictures
from gemrec.ui.sessions import Cancellations


@dataclass(frozen=True)
class Context:
    """Shared by the tabs of one app.

    Attributes:
        services: All parts of gemrec.
        identity: Knows who sent a request.
        pictures: Names images.
        cancellations: Stops the work of a page.
        errors: Counts what the log tells.
    """

    services: Services
    identity: Identity
    pictures: Pictures
    cancellations: Cancellations
    errors: ErrorCounter

    def model_name(self, model_id: str) -> str:
        """Display name of a model; its id when the catalog no longer has it."""
        model = self.services.catalog.models.get(model_id)
        return model_id if model is None else model.name

    def image_url(self, image: Image) -> str:
        """Address of an image whose model the reader may know, relative to the page."""
        return shown_url(self.pictures.name_of(image))


def shown_url(name: str) -> str:
    """Address of a showing, relative to the page, so that it works under any root path."""
    return f"img/{name}.webp"


def headers_of(request: gr.Request) -> Mapping[str, str]:
    """The request's headers; lower-case keys."""
    return cast("Mapping[str, str]", dict(request.headers))


def session_of(request: gr.Request) -> str:
    """Gradio's name of the open page. The client chooses it: never use it as an identity."""
    return request.session_hash or ""


def address_of(request: gr.Request) -> str | None:
    """Network address that a request came from, for rate limits; never stored."""
    client = request.client
    return None if client is None else str(client.host)
