"""Snapshots go out and come back, whatever is broken on the way."""

import json
import sqlite3
from pathlib import Path

import pytest

from gemrec.backup import Backups, FolderPlace, Place, open_place
from gemrec.backup.hub import HubPlace
from gemrec.backup.manifest import next_id, snapshot_ids
from gemrec.backup.restoring import in_words
from gemrec.errors import BackupError, NewerSchemaError, SettingsError, StoreError
from gemrec.images import ImageFiles
from gemrec.store import Store
from tests.conftest import Clock
from tests.unit.backup.conftest import REPOSITORY, Site, hub_place, restored


def test_an_empty_disk_gets_everything_back(site: Site, place: Place, tmp_path: Path) -> None:
    site.vote(3)
    site.draw(4)
    key = site.store.secrets.get_or_create("tickets")
    site.save(place)
    site.clock.advance(hours=3)
    back = restored(place, tmp_path / "new", site.clock)
    assert back is not None
    assert "3 hours old: 3 votes, 4 image files" in str(back)
    store = Store(tmp_path / "new" / "gemrec.db")
    assert store.votes.after(0) == site.votes()
    assert store.votes.counts() == site.store.votes.counts()
    assert store.images.all() == site.store.images.all()
    assert store.secrets.get_or_create("tickets") == key  # cookies and tickets stay valid
    files = ImageFiles(tmp_path / "new" / "images")
    assert files.missing(image.digest for image in store.images.all()) == ()
    assert sorted(p.name for p in (tmp_path / "new").iterdir() if "restore" in p.name) == []
    store.close()


def test_images_are_sent_once_and_snapshots_only_when_something_changed(
    site: Site, place: Place, tmp_path: Path
) -> None:
    site.draw(2)
    first = site.save(place)
    assert site.save(place, last=first) is first
    site.draw(1)
    second = site.save(place, last=first)
    assert second.packs == (first.id, second.id)
    names = place.names()
    sizes = {}
    for pack in second.packs:
        assert place.read(f"packs/{pack}.txt", tmp_path / "index")
        sizes[pack] = len((tmp_path / "index").read_text().split())
    assert sizes == {first.id: 2, second.id: 1}
    site.vote()
    third = site.save(place, last=second)
    assert third.packs == second.packs
    assert len(place.names() - names) == 2
    back = restored(place, tmp_path / "new", site.clock)
    assert back is not None
    assert (back.images, back.missing) == (3, 0)


def test_old_snapshots_go_and_their_images_stay(site: Site, place: Place, tmp_path: Path) -> None:
    for _ in range(4):
        site.draw()
        site.save(place, keep=2)
    assert len(snapshot_ids(place.names())) == 2
    back = restored(place, tmp_path / "new", site.clock)
    assert back is not None
    assert back.images == 4


def test_a_database_that_exists_is_never_touched(site: Site, place: Place, tmp_path: Path) -> None:
    site.vote()
    site.save(place)
    (tmp_path / "new").mkdir()
    (tmp_path / "new" / "gemrec.db").write_bytes(b"precious")
    assert restored(place, tmp_path / "new", site.clock) is None
    assert (tmp_path / "new" / "gemrec.db").read_bytes() == b"precious"


def test_a_place_without_snapshots_starts_empty(place: Place, tmp_path: Path, clock: Clock) -> None:
    assert restored(place, tmp_path / "new", clock) is None


def test_a_clock_that_goes_backwards_does_not_reorder_snapshots(site: Site, tmp_path: Path) -> None:
    place = FolderPlace(tmp_path / "bucket")
    site.vote()
    site.save(place)
    site.clock.advance(days=-400)
    site.vote()
    site.save(place)
    back = restored(place, tmp_path / "new", site.clock)
    assert back is not None
    assert back.manifest.votes == 2
    assert next_id(place.names(), site.clock()).startswith("00000003-")


def damage_cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def damage_flip(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 0xFF
    path.write_bytes(bytes(content))


def damage_empty(path: Path) -> None:
    path.write_bytes(b"")


@pytest.mark.parametrize("damage", [damage_cut, damage_flip, damage_empty, Path.unlink])
@pytest.mark.parametrize("suffix", [".db", ".json"])
def test_a_corrupt_snapshot_falls_back_to_the_one_before(
    site: Site, tmp_path: Path, damage, suffix
) -> None:
    place = FolderPlace(tmp_path / "bucket")
    site.vote(2)
    good = site.save(place)
    site.vote()
    bad = site.save(place)
    damage(tmp_path / "bucket" / "snapshots" / f"{bad.id}{suffix}")
    back = restored(place, tmp_path / "new", site.clock)
    assert back is not None
    assert back.manifest == good
    unlisted = suffix == ".json" and damage is Path.unlink
    assert bool(back.passed_over) is not unlisted
    assert Store(tmp_path / "new" / "gemrec.db").votes.last_id() == 2


def test_a_manifest_that_matches_a_damaged_database_is_no_excuse(
    site: Site, tmp_path: Path
) -> None:
    """The bytes arrived as they were sent, but they were no good when they were sent."""
    from gemrec.backup.manifest import describe  # noqa: PLC0415

    place = FolderPlace(tmp_path / "bucket")
    site.vote()
    good = site.save(place)
    site.vote(30)
    bad = site.save(place)
    database = tmp_path / "bucket" / "snapshots" / f"{bad.id}.db"
    with sqlite3.connect(database) as connection:
        connection.execute("PRAGMA writable_schema = ON")
        connection.execute("UPDATE sqlite_master SET rootpage = 2 WHERE name = 'vote_battle'")
    connection.close()
    note = database.with_suffix(".json")
    told = json.loads(note.read_text()) | {"database": describe(database).model_dump()}
    note.write_text(json.dumps(told))
    back = restored(place, tmp_path / "new", site.clock)
    assert back is not None
    assert back.manifest == good
    assert "damaged" in back.passed_over[0]


def test_when_no_snapshot_is_good_the_server_does_not_start_without_them(
    site: Site, tmp_path: Path
) -> None:
    place = FolderPlace(tmp_path / "bucket")
    site.vote()
    for _ in range(2):
        damage_cut(tmp_path / "bucket" / "snapshots" / f"{site.save(place).id}.db")
    with pytest.raises(BackupError, match=r"None of the 2 snapshots .* GEMREC_BACKUP"):
        restored(place, tmp_path / "new", site.clock)
    assert not (tmp_path / "new" / "gemrec.db").exists()


def test_a_snapshot_of_a_newer_gemrec_is_refused_not_passed_over(
    site: Site, tmp_path: Path
) -> None:
    place = FolderPlace(tmp_path / "bucket")
    site.save(place)
    site.store.close()
    with sqlite3.connect(site.store.path) as connection:
        connection.execute(
            "INSERT INTO _sqlite_migrations (migration_set, name, applied_at) "
            "VALUES ('gemrec', 'm999_from_the_future', '2030-01-01')"
        )
    connection.close()
    copy = tmp_path / "bucket" / "snapshots" / "00000002-20300101T000000Z.db"
    copy.write_bytes(site.store.path.read_bytes())
    from gemrec.backup.manifest import describe  # noqa: PLC0415

    first = next((tmp_path / "bucket" / "snapshots").glob("*.json"))
    told = json.loads(first.read_text()) | {
        "id": copy.stem,
        "database": describe(copy).model_dump(),
    }
    copy.with_suffix(".json").write_text(json.dumps(told))
    with pytest.raises(NewerSchemaError, match="newer gemrec"):
        restored(place, tmp_path / "new", site.clock)


def test_a_broken_pack_costs_its_own_images_only(site: Site, tmp_path: Path) -> None:
    place = FolderPlace(tmp_path / "bucket")
    site.vote()
    site.draw(3)
    first = site.save(place)
    site.draw(2)
    site.save(place)
    damage_empty(tmp_path / "bucket" / "packs" / f"{first.id}.tar")
    back = restored(place, tmp_path / "new", site.clock)
    assert back is not None
    assert (back.images, back.missing) == (2, 3)
    assert "3 images have no file" in str(back)


def test_a_damaged_database_never_becomes_a_snapshot(site: Site, tmp_path: Path) -> None:
    place = FolderPlace(tmp_path / "bucket")
    site.vote(50)
    good = site.save(place)
    site.store.close()
    content = bytearray(site.store.path.read_bytes())
    content[8192:-4096] = b"\x55" * len(content[8192:-4096])
    site.store.path.write_bytes(bytes(content))
    with pytest.raises(StoreError, match="damaged"):
        site.save(place)
    assert snapshot_ids(place.names()) == (good.id,)


def test_an_image_damaged_on_the_disk_is_not_packed(site: Site, tmp_path: Path) -> None:
    place = FolderPlace(tmp_path / "bucket")
    site.draw(2)
    first, second = (image.digest for image in site.store.images.all())
    damage_flip(site.images.path(first))
    manifest = site.save(place)
    index = (tmp_path / "bucket" / "packs" / f"{manifest.id}.txt").read_text()
    assert index.split() == [second]


@pytest.mark.parametrize("setting", ["s3://bucket", "hf://models/ada/x", "hf://datasets/ada"])
def test_a_place_that_nobody_knows_is_refused_in_words(setting: str) -> None:
    with pytest.raises(SettingsError, match="hf://datasets/OWNER/NAME"):
        open_place(setting)


def test_places_by_setting() -> None:
    assert open_place("  ") is None
    assert isinstance(open_place("hf://datasets/ada/votes"), HubPlace)
    assert isinstance(open_place("/mnt/bucket"), FolderPlace)


@pytest.mark.parametrize(
    ("span", "words"),
    [
        ({"seconds": 5}, "less than a minute"),
        ({"minutes": 1}, "1 minute"),
        ({"hours": 5.9}, "5 hours"),
        ({"days": 2.5}, "2 days"),
    ],
)
def test_ages(span, words) -> None:
    from datetime import timedelta  # noqa: PLC0415

    assert in_words(timedelta(**span)) == words


# The Hub


def test_the_repository_is_made_private_and_a_public_one_refused(site: Site, hub) -> None:
    stand_in, url = hub
    site.vote()
    site.save(hub_place(url))
    assert stand_in.datasets[REPOSITORY].private
    assert stand_in.datasets[REPOSITORY].commits == 1
    stand_in.datasets[REPOSITORY].private = False
    with pytest.raises(BackupError, match="is public"):
        site.save(hub_place(url))


def test_a_token_without_rights_is_no_empty_place(site: Site, hub, tmp_path: Path) -> None:
    _, url = hub
    site.vote()
    site.save(hub_place(url))
    with pytest.raises(BackupError, match="HF_TOKEN"):
        restored(hub_place(url, "hf_wrong"), tmp_path / "new", site.clock)


def test_an_upload_that_arrived_broken_falls_back_to_the_one_before(
    site: Site, hub, tmp_path: Path
) -> None:
    stand_in, url = hub
    site.vote(2)
    good = site.save(hub_place(url))
    site.vote()
    stand_in.spoil = lambda _, content: content[: len(content) // 2]
    site.save(hub_place(url))
    back = restored(hub_place(url), tmp_path / "new", site.clock)
    assert back is not None
    assert back.manifest == good
    assert len(back.passed_over) == 1


def test_a_hub_that_goes_away_during_an_upload_leaves_what_was_there(
    site: Site, hub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stand_in, url = hub
    site.vote()
    good = site.save(hub_place(url))
    site.vote()
    real = stand_in._commit
    monkeypatch.setattr(
        stand_in,
        "_commit",
        lambda *_: __import__("tests.loopback", fromlist=["Answer"]).Answer(status=500),
    )
    with pytest.raises(BackupError, match="cannot be used"):
        site.save(hub_place(url))
    monkeypatch.setattr(stand_in, "_commit", real)
    back = restored(hub_place(url), tmp_path / "new", site.clock)
    assert back is not None
    assert back.manifest == good


def test_an_unreachable_hub_stops_the_start_rather_than_begin_anew(
    tmp_path: Path, clock: Clock
) -> None:
    with pytest.raises(BackupError, match="network"):
        restored(hub_place("http://127.0.0.1:9"), tmp_path / "new", clock)


# The schedule


def test_the_schedule_saves_again_and_again_and_once_at_the_end(site: Site, tmp_path: Path) -> None:
    place = FolderPlace(tmp_path / "bucket")
    backups = Backups(site.store, site.images, place, 0.05 / 60, 10, site.clock)
    site.vote()
    backups.start()
    from tests.unit.backup.waiting import eventually  # noqa: PLC0415

    assert eventually(lambda: backups.status.last is not None)
    site.vote()
    backups.close()
    assert backups.status.last is not None
    assert backups.status.last.votes == 2
    back = restored(place, tmp_path / "new", site.clock)
    assert back is not None
    assert back.manifest.votes == 2


def test_a_schedule_that_was_never_started_saves_nothing(site: Site, tmp_path: Path) -> None:
    Backups(site.store, site.images, FolderPlace(tmp_path / "bucket"), 1, 10, site.clock).close()
    assert not (tmp_path / "bucket").exists()


def test_failures_are_told_and_end_when_the_place_is_back(site: Site, tmp_path: Path) -> None:
    (tmp_path / "bucket").write_text("in the way")
    backups = Backups(site.store, site.images, FolderPlace(tmp_path / "bucket"), 1, 10, site.clock)
    site.vote()
    backups.save()
    assert backups.save().failures == 2
    assert "GEMREC_BACKUP" in backups.status.error
    (tmp_path / "bucket").unlink()
    status = backups.save()
    assert (status.failures, status.error) == (0, "")
    assert status.last is not None
