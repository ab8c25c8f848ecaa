"""Plain HTTP routes beside Gradio's own: images, votes in bulk, the board as a file, health."""

import logging

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from gemrec.errors import GemrecError
from gemrec.ui.ballots import bulk_route
from gemrec.ui.context import Context
from gemrec.ui.gallery_routes import GalleryRoutes
from gemrec.ui.server_status import health_document

log = logging.getLogger(__name__)

THUMBNAIL = 320
"""Pixels of the longer side of a smaller copy."""

# No ETag and no Last-Modified: the age of a cached image could tell which side was drawn before.
IMAGE_HEADERS = {
    "Cache-Control": "private, max-age=86400",
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Resource-Policy": "same-origin",
}


def build_routes(context: Context) -> list[Route]:
    """``/img/<name>.webp``, ``/votes``, ``/gallery/…`` and ``/health``."""
    services, pictures = context.services, context.pictures

    def image(request: Request) -> Response:
        """One image by its showing's name; ``w`` asks for a smaller copy of a lasting one."""
        small = request.query_params.get("w") == str(THUMBNAIL)
        file = pictures.file(request.path_params["name"], THUMBNAIL if small else None)
        if file is None or not file.is_file():
            return Response("no such image", 404, {"Cache-Control": "no-store"})
        return Response(file.read_bytes(), 200, IMAGE_HEADERS, "image/webp")

    def health(_: Request) -> Response:
        """Whether votes can be stored; for load balancers and start scripts."""
        try:
            answer = health_document(services)
        except (GemrecError, OSError) as error:
            log.error("not healthy: %s", error)  # the reason may name a folder of this machine
            reason = "the database or its disk cannot be used; the log says why"
            return JSONResponse({"status": "failing", "reason": reason}, 503)
        return JSONResponse(answer, headers={"Cache-Control": "no-store"})

    return [
        Route("/img/{name}.webp", image, methods=["GET"]),
        bulk_route(services),
        *GalleryRoutes(context).routes(),
        Route("/health", health, methods=["GET"]),
    ]
