"""Fixtures shared by all tests."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from gemrec.settings import load_settings
from gemrec.store import Store
from tests.scripted import TWO_MODELS, write_assets


class Clock:
    """A clock that stands still until it is told to move."""

    def __init__(self) -> None:
        self.now = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def advance(self, **duration: float) -> None:
        """Move on by the arguments of ``timedelta``, such as ``seconds=5``."""
        self.now += timedelta(**duration)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = Store(tmp_path / "gemrec.db")
    yield opened
    opened.close()


@pytest.fixture
def make_services(tmp_path: Path) -> Iterator[Callable[..., Any]]:
    """Build services on scripted models (a catalog's text); closed after the test.

    The refresher runs; worker processes start with their first job, as stopping one that is just
    starting takes seconds.
    """
    from gemrec.services import build_services  # noqa: PLC0415 - unit tests need none of it

    built = []

    def make(catalog: str = TWO_MODELS, **overrides: object) -> Any:
        assets = write_assets(tmp_path / "assets", catalog)
        places = {"assets": assets, "data": tmp_path / "data", "backend": "scripted"}
        services = build_services(load_settings(**(places | overrides)))
        built.append(services)
        services.refresher.start()
        return services

    yield make
    for services in built:
        services.close()
