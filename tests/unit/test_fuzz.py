"""Everything that reads what strangers send: it understands it, or says so in words; never else.

Bounded here; ``FUZZ=20`` runs twenty times as many examples.
"""

import io
import os
import tarfile
import tempfile
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gemrec.backup.manifest import read_manifest, snapshot_ids
from gemrec.backup.packs import read_index, read_pack
from gemrec.catalog import load_catalog, load_prompts
from gemrec.documents import read_ranking, read_remarks
from gemrec.errors import BackupError, GemrecError, InputError
from gemrec.images import ImageFiles
from gemrec.records import Prompt
from gemrec.store import Store
from gemrec.ui.arena_said import read_setup
from gemrec.ui.ballots import _ballots
from gemrec.ui.identity import COOKIE, Identity
from tests.conftest import Clock
from tests.scripted import scripted_model

bounded = settings(
    max_examples=25 * int(os.environ.get("FUZZ", "1")),
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4)
    ),
    max_leaves=12,
)
any_text = st.text(st.characters(), max_size=80)


@bounded
@given(anything)
def test_rankings(said):
    try:
        tiers = read_ranking(said)
    except InputError:
        return
    assert tiers is None or all(isinstance(side, int) for tier in tiers for side in tier)


@bounded
@given(anything, anything, anything, anything, anything)
def test_remarks(reasons, best, skip_reason, dwell_ms, zooms):
    try:
        read_remarks(
            reasons=reasons, best=best, skip_reason=skip_reason, dwell_ms=dwell_ms, zooms=zooms
        )
    except InputError:
        return


@bounded
@given(st.binary(max_size=200) | anything.map(lambda value: repr(value).encode()))
def test_bodies_of_bulk_votes(body):
    try:
        ballots = _ballots(body)
    except InputError:
        return
    assert 1 <= len(ballots) <= 100


said_keys = ("mode", "images", "sides", "models", "left", "right")
setups = anything | st.dictionaries(st.sampled_from(said_keys), anything)


@bounded
@given(setups)
def test_what_a_browser_says_about_the_setup(said):
    try:
        setup = read_setup(said, 4)
    except InputError:
        return
    assert isinstance(setup.images, int)
    assert isinstance(setup.sides, int)


@bounded
@given(cookie=any_text)
def test_cookies(store: Store, cookie):
    identity = Identity(b"k" * 32, store, Clock())
    assert identity.annotator_id({"cookie": cookie}) is None
    assert identity.annotator_id({"cookie": f"{COOKIE}={cookie}"}) is None


@bounded
@given(text=any_text, where=st.integers(0, 400))
def test_catalogs(text, where):
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "models.toml"
        entry = scripted_model("red")
        file.write_text(entry[:where] + text + entry[where:], "utf-8", errors="replace")
        try:
            catalog = load_catalog(file)
        except GemrecError as error:
            assert str(file) in str(error)
            return
        assert catalog.models


@bounded
@given(content=st.binary(max_size=300))
def test_prompt_files(content):
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "prompts.csv"
        file.write_bytes(b"category,prompt\n" + content)
        try:
            book = load_prompts(file)
        except GemrecError:
            return
        assert all(prompt.text for prompt in book.prompts)


@bounded
@given(content=st.binary(max_size=300))
def test_image_bytes(tmp_path: Path, content):
    try:
        ImageFiles(tmp_path).put_bytes(content)
    except InputError:
        return


@bounded
@given(content=st.binary(max_size=1200), name=any_text, names=st.lists(any_text))
def test_backups(tmp_path: Path, content, name, names):
    """Archives with any bytes and any names: only whole pictures with their own digest come out."""
    archive = tmp_path / "pack.tar"
    archive.write_bytes(content)
    assert list(read_pack(archive)) == []
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        member = tarfile.TarInfo(f"../../{name}".replace("\0", "")[:90])
        member.size = len(content)
        tar.addfile(member, io.BytesIO(content))
    archive.write_bytes(buffer.getvalue())
    assert list(read_pack(archive)) == []
    archive.write_bytes(content)
    assert all(len(digest) == 64 for digest in read_index(archive))
    assert snapshot_ids(names) == ()
    try:
        read_manifest(archive)
    except BackupError:
        return


@bounded
@given(text=any_text, category=any_text)
def test_prompts_and_names_come_back_as_they_went(store: Store, text, category):
    """SQL metacharacters are letters like any other; what SQLite cannot hold is refused in words."""
    try:
        made = store.annotators.create(text, Clock()())
        assert store.annotators.get(made.id) == made
        store.tastes.get(made.id)
        assert store.images.for_prompt(Prompt(text, category)) == ()
    except InputError as error:
        assert "Unicode" in str(error)
