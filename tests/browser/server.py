"""A real app on scripted models, for tests that talk to it over HTTP."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gemrec.services import Services, build_services
from gemrec.settings import REPOSITORY, Settings, load_settings
from tests.scripted import scripted_model, write_assets

MODELS = ("amber", "beryl", "coral", "jade")


@dataclass(frozen=True)
class Server:
    """A running app: its parts, its address and its page."""

    services: Services
    url: str
    demo: Any

    def client(self, **options: Any) -> Any:
        """A client of the named endpoints that is as patient as a busy machine is slow."""
        from gradio_client import Client  # noqa: PLC0415 - slow to import

        return Client(self.url, verbose=False, httpx_kwargs={"timeout": 60.0}, **options)


def catalog(**scripts: str) -> str:
    """Scripted models by name; without arguments four that work at once."""
    chosen = scripts or dict.fromkeys(MODELS, "ok")
    return "".join(scripted_model(name, script) for name, script in chosen.items())


def settings_of(folder: Path, models: str | None = None, **settings: object) -> Settings:
    """Settings of a server in ``folder`` on scripted models; ``models`` is a catalog's text."""
    folder.mkdir(parents=True, exist_ok=True)
    assets = write_assets(folder / "assets", catalog() if models is None else models)
    if not (assets / "ui").exists():
        (assets / "ui").symlink_to(REPOSITORY / "assets" / "ui")
    places = {"assets": assets, "data": folder / "data", "backend": "scripted", "port": 0}
    return load_settings(**(places | settings))


@contextmanager
def serve(folder: Path, models: str | None = None, **settings: object) -> Iterator[Server]:
    """Run the app in ``folder`` until the block ends; ``models`` is a catalog's text."""
    from gemrec.ui import launch  # noqa: PLC0415 - two seconds that other tests need not pay

    services = build_services(settings_of(folder, models, **settings))
    try:
        demo, url = launch(services, prevent_thread_lock=True)
        try:
            yield Server(services, url.rstrip("/"), demo)
        finally:
            demo.close(verbose=False)
    finally:
        services.close()
