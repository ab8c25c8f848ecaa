"""Who runs this installation. One place decides, so that a login can be put here later."""

import gradio as gr
from starlette.requests import Request

from gemrec.errors import InputError
from gemrec.ui.context import Context

_HERE = ("127.0.0.1", "::1", "localhost", "testclient")


def is_owner(context: Context, request: gr.Request | Request) -> bool:
    """Whether a request may change studies and take exports.

    With ``GEMREC_OWNERS`` the annotators of these ids; without it everybody on this machine, as long
    as no proxy stands in between, which would make everybody look as if they were.
    """
    headers = {str(k).lower(): str(v) for k, v in dict(request.headers).items()}
    named = [one.strip() for one in context.services.settings.owners.split(",") if one.strip()]
    if named:
        return context.identity.annotator_id(headers) in named
    client = request.client
    direct = "x-forwarded-for" not in headers and "forwarded" not in headers
    return direct and client is not None and str(client.host) in _HERE


def check_owner(context: Context, request: gr.Request | Request) -> None:
    """Refuse whoever is no owner.

    Raises:
        InputError: They are none.
    """
    if not is_owner(context, request):
        raise InputError(
            "Only an owner may do this: open the page on the machine itself, or put your annotator id "
            "into GEMREC_OWNERS (it is in the file that Download my data gives you)."
        )
