"""How commands get at the settings and the services."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from gemrec.services import Services, build_services
from gemrec.settings import Settings, load_settings


def settings_for(db: Path | None) -> Settings:
    """The settings, with another database when one is named."""
    return load_settings() if db is None else load_settings(db=db)


@contextmanager
def open_services(db: Path | None) -> Iterator[Services]:
    """All parts of gemrec, closed at the end."""
    services = build_services(settings_for(db))
    try:
        yield services
    finally:
        services.close()
