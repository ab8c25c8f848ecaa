"""A real app on scripted models, for tests that talk to it over HTTP."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gemrec.services import Services, build_services
from gemrec.settings import REPOSITORY, load_settings
from tests.scripted import scripted_model, write_assets

MODELS = ("amber", "beryl", "coral", "jade")


@dataclass(frozen=True)
class Server:
    """A running app: its parts, its address and its page."""

    services: Services
    url: str
    demo: Any


def catalog(**scripts: str) -> str:
    """Scripted models by name; without arguments four that work at once."""
    chosen = scripts or dict.fromkeys(MODELS, "ok")
    return "".join(scripted_model(name, script) for name, script in chosen.items())


def page_assets(folder: Path, models: str) -> Path:
    """An assets folder with a catalog, two prompts and the page's own script and style."""
    assets = write_assets(folder / "assets", models)
    if not (assets / "ui").exists():
        (assets / "ui").symlink_to(REPOSITORY / "assets" / "ui")
    return assets


@contextmanager
def serve(folder: Path, models: str | None = None, **settings: object) -> Iterator[Server]:
    """Run the app in ``folder`` until the block ends; ``models`` is a catalog's text."""
    from gemrec.ui import launch  # noqa: PLC0415 - two seconds that other tests need not pay

    assets = page_assets(folder, catalog() if models is None else models)
    places = {"assets": assets, "data": folder / "data", "backend": "scripted", "port": 0}
    services = build_services(load_settings(**(places | settings)))
    services.start()
    try:
        demo, url = launch(services, prevent_thread_lock=True)
        try:
            yield Server(services, url.rstrip("/"), demo)
        finally:
            demo.close(verbose=False)
    finally:
        services.close()
