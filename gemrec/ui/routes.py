"""Plain HTTP routes beside Gradio's own: images, votes in bulk, health."""

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from gemrec.errors import GemrecError
from gemrec.services import Services
from gemrec.ui.ballots import bulk_route
from gemrec.ui.pictures import Pictures
from gemrec.ui.server_status import health_document

# No ETag and no Last-Modified: the age of a cached image could tell which side was drawn before.
IMAGE_HEADERS = {
    "Cache-Control": "private, max-age=86400",
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Resource-Policy": "same-origin",
}


def build_routes(services: Services, pictures: Pictures) -> list[Route]:
    """``/img/<name>.webp``, ``/votes`` and ``/health``."""

    def image(request: Request) -> Response:
        """One image by its showing's name."""
        file = pictures.file(request.path_params["name"])
        if file is None or not file.is_file():
            return Response("no such image", 404, {"Cache-Control": "no-store"})
        return Response(file.read_bytes(), 200, IMAGE_HEADERS, "image/webp")

    def health(_: Request) -> Response:
        """Whether votes can be stored; for load balancers and start scripts."""
        try:
            answer = health_document(services)
        except GemrecError as error:
            return JSONResponse({"status": "failing", "reason": str(error)}, 503)
        return JSONResponse(answer, headers={"Cache-Control": "no-store"})

    return [
        Route("/img/{name}.webp", image, methods=["GET"]),
        bulk_route(services),
        Route("/health", health, methods=["GET"]),
    ]
