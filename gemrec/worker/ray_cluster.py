"""The way into a Ray cluster: one that runs already, or one that is started here."""

import os
import socket
import sys
import threading
from pathlib import Path
from typing import Any

from gemrec.errors import SettingsError
from gemrec.worker.crew import Crew

_REACH_SECONDS = 5.0
_TRIAL_SECONDS = 60.0
_ALLOWED = (
    "HOST:PORT of a cluster that this machine belongs to (`ray start --head` begins one, `ray start "
    "--address=HOST:PORT` adds a machine), auto, or none to start Ray here"
)
_SHOWN_BY = "`ray get-auth-token` shows it on a machine of the cluster."
_joining = threading.Lock()  # workers start at the same time, Ray starts once


def join(crew: Crew) -> Any:
    """The ``ray`` module, connected.

    Raises:
        SettingsError: Ray is not installed, or no cluster answers at the address or lets us in.
    """
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")  # nothing is sent to anybody
    if crew.address is not None:
        use_token(crew.address)  # Ray reads the environment when it is imported
    try:
        import ray
    except ImportError as error:
        raise SettingsError(
            "Ray is not installed; run `pip install -r requirements-ray.txt`, or do without it."
        ) from error
    with _joining:
        if not ray.is_initialized():
            _start(ray, crew)
    return ray


def leave() -> None:
    """Disconnect, and end a Ray that was started here."""
    ray = sys.modules.get("ray")
    if ray is not None:
        ray.shutdown()


def use_token(address: str) -> None:
    """Show the cluster our token if there is one for it.

    Ray by itself does so for ``auto`` only, although ``ray start --head`` asks for the token of
    ``~/.ray/auth_token`` wherever there is one. That file is for this machine; other machines get
    to see a token only if somebody put one into the environment. ``RAY_AUTH_MODE`` decides if set.
    """
    named = os.environ.get("RAY_AUTH_TOKEN") or os.environ.get("RAY_AUTH_TOKEN_PATH")
    kept = Path.home() / ".ray" / "auth_token"
    if named or (kept.is_file() and _is_here(address)):
        os.environ.setdefault("RAY_AUTH_MODE", "token")


def search_path() -> str:
    """The folders in which this process finds modules."""
    return os.pathsep.join(path for path in sys.path if path and Path(path).is_dir())


def _start(ray: Any, crew: Crew) -> None:
    wanted: dict[str, Any] = {"log_to_driver": False, "configure_logging": False}
    if crew.address is None:
        # Without an address Ray would go to any cluster that it finds on this machine.
        wanted |= {"address": "local", "include_dashboard": False}
        wanted |= {"num_cpus": crew.workers * crew.cpus}
    else:
        _check_reachable(crew.address)
        wanted["address"] = crew.address
    try:
        # Workers must find what this process finds.
        ray.init(runtime_env={"env_vars": {"PYTHONPATH": search_path()}}, **wanted)
    except ray.exceptions.AuthenticationError as error:
        raise SettingsError(
            f"Ray: RAY_AUTH_MODE is {os.environ.get('RAY_AUTH_MODE')!r} and there is no token; put "
            f"the cluster's token into RAY_AUTH_TOKEN. {_SHOWN_BY}"
        ) from error
    except (OSError, RuntimeError, ValueError) as error:
        if crew.address is None:
            raise SettingsError(f"Ray cannot be started on this machine: {error}") from error
        raise SettingsError(
            f"Ray: got the address {crew.address!r}, where no cluster lets us in ({error}). If it "
            f"asks for a token, put that into RAY_AUTH_TOKEN. {_SHOWN_BY} Allowed: {_ALLOWED}."
        ) from error
    if crew.address is not None:
        _check_obeyed(ray, crew.address)


class _Trial:
    """An actor that only answers."""

    def answer(self) -> None:
        """Say that it is there."""


def _check_obeyed(ray: Any, address: str) -> None:
    """Start an actor: a cluster without tokens lets in who shows one, but keeps no actors for them.

    Raises:
        SettingsError: The actor does not live.
    """
    trial = ray.remote(num_cpus=0)(_Trial).remote()
    try:
        ray.get(trial.answer.remote(), timeout=_TRIAL_SECONDS)
    except ray.exceptions.RayError as error:
        ray.shutdown()
        raise SettingsError(
            f"Ray: the cluster at {address!r} lets us in, but runs nothing for us "
            f"({type(error).__name__}). If it was started without tokens, set RAY_AUTH_MODE=disabled; "
            "else look at its logs."
        ) from error
    ray.kill(trial)


def _check_reachable(address: str) -> None:
    """Ask the address first: Ray itself would try for minutes.

    Raises:
        SettingsError: Nobody answers, or it is one of Ray's clients outside of a cluster.
    """
    if "://" in address:
        raise SettingsError(f"Ray: got the address {address!r}; allowed: {_ALLOWED}.")
    host, _, port = address.rpartition(":")
    if not port.isdecimal():
        return  # auto: Ray knows where
    try:
        socket.create_connection((host, int(port)), _REACH_SECONDS).close()
    except (OSError, OverflowError) as error:
        raise SettingsError(
            f"Ray: got the address {address!r}, where nobody answers ({error}); allowed: {_ALLOWED}."
        ) from error


def _is_here(address: str) -> bool:
    """Whether the address is one of this machine's own."""
    host, _, port = address.rpartition(":")
    if not port.isdecimal():
        return False
    try:
        with socket.socket() as trial:
            trial.bind((host, 0))  # the system allows that for its own addresses only
    except OSError:
        return False
    return True
