"""Whether a cluster gets to see the token that this machine has."""

import os

import pytest

from gemrec.errors import SettingsError
from gemrec.worker import Crew
from gemrec.worker.ray_cluster import join, use_token

HERE, ELSEWHERE = "127.0.0.1:6379", "192.0.2.77:6379"  # the second is for documentation only


@pytest.fixture
def environment(tmp_path, monkeypatch):
    """No token anywhere, until a test puts one there."""
    for name in ("RAY_AUTH_MODE", "RAY_AUTH_TOKEN", "RAY_AUTH_TOKEN_PATH"):
        monkeypatch.setenv(name, "")  # so that whatever is set later is taken back
        monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path))
    return tmp_path


def mode():
    return os.environ.get("RAY_AUTH_MODE")


def keep_token(home):
    (home / ".ray").mkdir()
    (home / ".ray" / "auth_token").write_text("secret")


def test_without_a_token_nothing_is_said(environment):
    use_token(HERE)
    assert mode() is None


def test_a_kept_token_is_for_clusters_of_this_machine(environment):
    keep_token(environment)
    use_token(ELSEWHERE)
    use_token("auto")  # Ray looks for itself
    assert mode() is None
    use_token(HERE)
    assert mode() == "token"


@pytest.mark.parametrize("name", ["RAY_AUTH_TOKEN", "RAY_AUTH_TOKEN_PATH"])
def test_a_token_in_the_environment_is_for_whatever_address_is_given(
    environment, monkeypatch, name
):
    monkeypatch.setenv(name, "secret")
    use_token(ELSEWHERE)
    assert mode() == "token"


def test_who_has_decided_is_obeyed(environment, monkeypatch):
    keep_token(environment)
    monkeypatch.setenv("RAY_AUTH_MODE", "disabled")
    use_token(HERE)
    assert mode() == "disabled"


def test_clients_outside_of_a_cluster_are_refused(environment):
    pytest.importorskip("ray", reason="Ray is an optional extra: requirements-ray.txt")
    with pytest.raises(SettingsError, match="belongs to"):
        join(Crew("ray", address="ray://127.0.0.1:10001"))
