"""Routes for people's rights: agree, download, delete; and the owner's archives.

Nothing here is known by anything but the signed cookie. A page of another site cannot send the
requests that change something: it would need a permission (CORS) that nobody gives.
"""

import json
import re
import secrets

from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response
from starlette.routing import Route

from gemrec.errors import GemrecError
from gemrec.ui.context import Context
from gemrec.ui.exports import export_folder
from gemrec.ui.owners import is_owner

_ARCHIVE = re.compile(r"gemrec-[a-z]+-[0-9]{8}-[0-9]{6}\.zip")
_ID_BYTES = 12
_FRESH = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
_OURS = "x-gemrec"
"""A header that plain forms of other sites cannot send."""


def rights_routes(context: Context) -> list[Route]:
    """``POST /consent``, ``GET`` and ``DELETE /my-data``, ``GET /exports/<name>.zip``."""
    services = context.services

    def consent(request: Request) -> Response:
        """Note that whoever sent the cookie agrees."""
        if _OURS not in request.headers:
            return JSONResponse({"error": "not from the page"}, 403)
        try:
            services.rights.agree(context.identity.annotator(request.headers).id)
        except GemrecError as error:
            return JSONResponse({"error": str(error)}, 400)
        return JSONResponse({"agreed": True}, headers=_FRESH)

    def download(request: Request) -> Response:
        """Everything that is kept of whoever sent the cookie."""
        try:
            data = services.rights.data(context.identity.annotator_id(request.headers) or "")
        except GemrecError as error:
            return JSONResponse({"error": str(error)}, 404)
        text = json.dumps(data, ensure_ascii=False, indent=1)
        named = {"Content-Disposition": 'attachment; filename="my-gemrec-data.json"'}
        return Response(text, 200, _FRESH | named, "application/json")

    def forget(request: Request) -> Response:
        """Remove whoever sent the cookie, and make the browser somebody new."""
        annotator_id = context.identity.annotator_id(request.headers)
        if annotator_id is None or _OURS not in request.headers:
            return JSONResponse({"error": "not from the page"}, 403)
        services.arena.cancel_prepared(annotator_id)
        left = services.rights.forget(annotator_id)
        answer = JSONResponse({"votes": left.votes, "images": left.images}, headers=_FRESH)
        https = request.headers.get("x-forwarded-proto", request.url.scheme).startswith("https")
        cookie = context.identity.cookie(secrets.token_hex(_ID_BYTES), https=https)
        answer.headers.append("set-cookie", cookie)
        return answer

    def archive(request: Request) -> Response:
        """An export that the page has made."""
        name = request.path_params["name"]
        path = export_folder(services) / name
        if not is_owner(context, request) or not _ARCHIVE.fullmatch(name) or not path.is_file():
            return Response("no such export", 404, _FRESH)
        return FileResponse(path, headers=_FRESH, filename=name)

    return [
        Route("/consent", consent, methods=["POST"]),
        Route("/my-data", download, methods=["GET"]),
        Route("/my-data", forget, methods=["DELETE"]),
        Route("/exports/{name}", archive, methods=["GET"]),
    ]
