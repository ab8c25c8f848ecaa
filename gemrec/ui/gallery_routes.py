"""What the gallery's script asks for: pages, choices, the map and its thumbnails, the podium."""

import json
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from gemrec.errors import GemrecError, InputError
from gemrec.gallery import ACROSS, SHEET, TILE, Atlas, Browse, Shelf
from gemrec.generation import snippet
from gemrec.ranking import KINDS, Weights
from gemrec.records import Model
from gemrec.ui.context import Context
from gemrec.ui.widgets import gallery as wall
from gemrec.ui.widgets.summary import summary

Document = dict[str, Any]
LARGEST_BODY = 64 * 1024
_NO_STORE = {"Cache-Control": "no-store"}
_PAGE_SIZE = 48
_MOST_OPTIONS = 1000
_MOST_DETAILS = 24
_PROMPT = "a cat face on a blue background"


class GalleryRoutes:
    """The routes of one app's gallery; they keep no state but the sheets of thumbnails.

    Args:
        context: Services, identity, addresses of images.
    """

    def __init__(self, context: Context) -> None:
        self._context = context
        self._services = context.services
        self._atlas = Atlas(context.services.images)

    def routes(self) -> list[Route]:
        """All routes below ``/gallery``."""
        asked: dict[str, Callable[[Request], Document]] = {
            "page": self.page,
            "options": self.options,
            "picked": self.picked,
            "map": self.map,
            "details": self.details,
            "podium": self.podium,
        }
        said: dict[str, Callable[[str, Document], Document]] = {
            "pick": self.pick,
            "report": self.report,
            "rank": self.rank,
            "order": self.order,
        }
        return [
            *(Route(f"/gallery/{name}", _asking(work)) for name, work in asked.items()),
            *(
                Route(f"/gallery/{name}", self._saying(work), methods=["POST"])
                for name, work in said.items()
            ),
            Route("/gallery/atlas/{name}.webp", self.sheet),
        ]

    def page(self, request: Request) -> Document:
        """Images by filters, weights and range."""
        query = request.query_params
        wanted = Browse(
            prompt=query.get("prompt", ""),
            model=query.get("model", ""),
            category=query.get("category", ""),
            search=query.get("search", ""),
            weights=_weights(query),
            low=_number(query, "low", 0.0),
            high=_number(query, "high", 1.0),
            page=int(_number(query, "page", 0)),
            size=int(_number(query, "size", _PAGE_SIZE)),
        )
        who = self._who(request)
        page, shelf = self._services.gallery.browse(wanted, who)
        chosen = self._services.choices.of(who)
        images = self._services.gallery.images(shelf, page)
        name, url = self._context.model_name, self._context.image_url
        filtered = bool(wanted.prompt or wanted.model or wanted.category or wanted.search)
        filtered |= (wanted.low, wanted.high) != (0.0, 1.0)
        return {
            "html": wall.grid(images, set(chosen), name, url) if images else wall.nothing(filtered),
            "page": page.page,
            "pages": page.pages,
            "total": page.total,
            "bars": page.bars,
            "unknown": dict(zip(KINDS, page.unknown, strict=True)),
            "chosen": len(chosen),
            "empty": not images and not filtered,
        }

    def options(self, request: Request) -> Document:
        """What the filters can be set to."""
        shelf = self._services.gallery.shelf(self._who(request))
        columns = shelf.columns
        models = sorted(zip(columns.model_ids, shelf.names, strict=True), key=lambda m: m[1])
        return {
            "prompts": sorted(columns.texts)[:_MOST_OPTIONS],
            "models": [list(model) for model in models],
            "categories": sorted(topic for topic in columns.topics if topic),
        }

    def picked(self, request: Request) -> Document:
        """The images that the person has chosen."""
        who = self._who(request)
        chosen = self._services.choices.of(who)
        return {"html": self._cells(who, chosen), "chosen": len(chosen)}

    def details(self, request: Request) -> Document:
        """Some images by id, as far as they may be seen."""
        said = request.query_params.get("ids", "").split(",")
        ids = [int(word) for word in said if word.isdecimal() and len(word) < 19]
        return {"html": self._cells(self._who(request), tuple(ids[:_MOST_DETAILS]))}

    def pick(self, annotator_id: str, said: Document) -> Document:
        """Choose images, or choose them no longer."""
        ids = _ids(said.get("ids"))
        choices = self._services.choices
        if said.get("on"):
            choices.choose(annotator_id, ids)
        else:
            choices.drop(annotator_id, ids)
        return {"chosen": len(choices.of(annotator_id))}

    def report(self, annotator_id: str, said: Document) -> Document:
        """Report an image."""
        (image_id,) = _ids([said.get("id")])
        self._services.choices.report(annotator_id, image_id, str(said.get("reason")))
        return {"chosen": len(self._services.choices.of(annotator_id))}

    def rank(self, annotator_id: str, said: Document) -> Document:  # noqa: ARG002
        """Send the chosen images to a ranking in the Arena."""
        self._services.choices.rank(annotator_id)
        return {"opened": True}

    def podium(self, request: Request) -> Document:
        """The person's models."""
        return self._podium(self._who(request), request.query_params.get("category", ""))

    def order(self, annotator_id: str, said: Document) -> Document:
        """Keep an order of models that was made by hand."""
        models, category = said.get("models"), str(said.get("category", ""))
        if not isinstance(models, list) or not all(isinstance(m, str) for m in models):
            raise InputError("order: allowed: a list of model ids")
        self._services.summaries.reorder(annotator_id, category, models)
        return self._podium(annotator_id, category)

    def map(self, request: Request) -> Document:
        """Every image on the map that may be seen, and the sheets of their thumbnails."""
        who = self._who(request)
        shelf = self._services.gallery.shelf(who, liking=True)
        places = self._services.gallery.cartographer.places()
        columns = shelf.columns
        rows = columns.places(places.ids)
        xy = places.xy[np.isin(places.ids, columns.ids[rows])]
        seen = shelf.visible()[rows]
        rows, xy = rows[seen], xy[seen]
        ids = columns.ids[rows].tolist()
        digests = self._services.store.images.digests(ids)
        return {
            "ids": ids,
            "x": np.round(xy[:, 0], 4).tolist(),
            "y": np.round(xy[:, 1], 4).tolist(),
            "model": columns.models[rows].tolist(),
            "category": columns.categories[rows].tolist(),
            "models": list(shelf.names),
            "categories": [topic or "no topic" for topic in columns.topics],
            "rating": self._ratings(shelf),
            "preference": _liking(shelf, rows),
            "tile": TILE,
            "across": ACROSS,
            "sheet": SHEET,
            "sheets": list(self._atlas.names(digests)),
            "chosen": list(self._services.choices.of(who)),
        }

    async def sheet(self, request: Request) -> Response:
        """One sheet of thumbnails."""
        made = await run_in_threadpool(self._atlas.sheet, request.path_params["name"])
        if made is None:
            return Response("no such sheet", 404, _NO_STORE)
        headers = {"Cache-Control": "private, max-age=86400", "X-Content-Type-Options": "nosniff"}
        return Response(made, 200, headers, "image/webp")

    def _cells(self, who: str | None, ids: tuple[int, ...]) -> str:
        desk = self._services.gallery
        images = desk.describe(desk.shelf(who), ids)
        if not images:
            return wall.nothing(is_filtered=True)
        chosen = set(self._services.choices.of(who))
        return wall.grid(images, chosen, self._context.model_name, self._context.image_url)

    def _podium(self, who: str | None, category: str) -> Document:
        found = self._services.summaries.of(who, category)
        catalog = self._services.catalog.models

        def code(model: Model) -> str:
            base = catalog.get(model.source.base) if model.source.base else None
            examples = next((p.examples for p in found.places if p.model.id == model.id), ())
            prompt, seed = (examples[0].prompt, examples[0].seed) if examples else (_PROMPT, 0)
            return snippet(model, base, prompt, seed)

        return {"html": summary(found, code, self._context.image_url)}

    def _ratings(self, shelf: Shelf) -> list[float | None]:
        """Rating per model of the shelf; None for those without votes."""
        rows = {row.model_id: row for row in self._services.leaderboard().rows}
        return [
            round(rows[model_id].rating, 1) if model_id in rows and rows[model_id].votes else None
            for model_id in shelf.columns.model_ids
        ]

    def _who(self, request: Request) -> str | None:
        found = self._context.identity.find(request.headers)
        return None if found is None else found.id

    def _saying(self, work: Callable[[str, Document], Document]) -> Callable[[Request], Any]:
        """A route that changes something for the person whose cookie came along."""

        async def route(request: Request) -> Response:
            body = await request.body()

            def answer() -> Response:
                try:
                    who = self._context.identity.annotator(request.headers).id
                    return JSONResponse(work(who, _object(body)), headers=_NO_STORE)
                except GemrecError as error:
                    return JSONResponse({"error": str(error)}, 400, _NO_STORE)

            return await run_in_threadpool(answer)

        return route


def _asking(work: Callable[[Request], Document]) -> Callable[[Request], Any]:
    def answer(request: Request) -> Response:
        try:
            return JSONResponse(work(request), headers=_NO_STORE)
        except GemrecError as error:
            return JSONResponse({"error": str(error)}, 400, _NO_STORE)

    return answer


def _liking(shelf: Shelf, rows: "np.ndarray[Any, Any]") -> list[float | None]:
    liked = np.full(len(rows), np.nan) if shelf.preference is None else shelf.preference[rows]
    return [round(value, 3) if value == value else None for value in liked.tolist()]


def _weights(query: Mapping[str, str]) -> Weights:
    usual = Weights()
    return Weights(**{kind: _number(query, kind, getattr(usual, kind)) for kind in KINDS})


def _number(query: Mapping[str, str], name: str, usual: float) -> float:
    said = query.get(name)
    if said is None:
        return usual
    try:
        value = float(said)
    except ValueError:
        value = np.nan
    if not np.isfinite(value):
        raise InputError(f"{name}: got {said!r}; allowed: a number")
    return value


def _object(body: bytes) -> Document:
    try:
        said = json.loads(body) if len(body) <= LARGEST_BODY else None
    except ValueError:
        said = None
    if not isinstance(said, dict):
        raise InputError("body: allowed: a JSON object of at most 64 KiB")
    return said


def _ids(said: object) -> list[int]:
    if not isinstance(said, list) or not all(
        isinstance(i, int) and not isinstance(i, bool) and 0 < i < 2**63 for i in said
    ):
        raise InputError(f"ids: got {str(said)[:80]}; allowed: a list of image numbers")
    return list(said)
