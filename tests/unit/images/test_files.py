"""Image files: named by content, equal for equal pixels, nothing inside but pixels."""

from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, PngImagePlugin

from gemrec.errors import InputError, StoreError
from gemrec.images import ImageFiles

HIDDEN = "pocket-watercolor"


@pytest.fixture
def files(tmp_path: Path) -> ImageFiles:
    return ImageFiles(tmp_path / "images")


def picture(seed: int = 0, size: tuple[int, int] = (64, 48)) -> Image.Image:
    coarse = np.random.default_rng(seed).integers(0, 256, (4, 4, 3), np.uint8)
    return Image.fromarray(coarse).resize(size, Image.Resampling.BICUBIC)


def with_metadata() -> dict[str, bytes]:
    """The same picture with a secret in every place that a format has for one."""
    plain, encoded = picture(), {}
    exif = Image.Exif()
    exif[0x010E] = HIDDEN
    text = PngImagePlugin.PngInfo()
    text.add_text("parameters", HIDDEN)
    text.add_itxt("workflow", HIDDEN)
    xmp = f"<x:xmpmeta>{HIDDEN}</x:xmpmeta>".encode()
    for name, options in {
        "PNG": {"pnginfo": text, "exif": exif},
        "JPEG": {"exif": exif, "comment": HIDDEN.encode(), "icc_profile": HIDDEN.encode()},
        "WEBP": {"exif": exif, "xmp": xmp, "icc_profile": HIDDEN.encode(), "lossless": True},
    }.items():
        buffer = BytesIO()
        plain.save(buffer, name, **options)
        assert HIDDEN.encode() in buffer.getvalue()
        encoded[name] = buffer.getvalue()
    return encoded


def test_a_picture_is_stored_under_its_digest(files: ImageFiles) -> None:
    stored = files.put(picture())
    assert stored.path == files.path(stored.digest)
    assert stored.path.parent.name == stored.digest[:2]
    assert stored.path.name == f"{stored.digest}.webp"
    assert (stored.width, stored.height, stored.size) == (64, 48, stored.path.stat().st_size)
    with Image.open(stored.path) as on_disk:
        assert on_disk.format == "WEBP"
    opened = files.open(stored.digest)
    assert (opened.mode, opened.size) == ("RGB", (64, 48))
    error = np.asarray(opened, float) - np.asarray(picture(), float)
    assert np.abs(error).mean() < 6


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
@pytest.mark.parametrize("way", ["image", "bytes"])
def test_metadata_is_stripped(files: ImageFiles, kind: str, way: str) -> None:
    content = with_metadata()[kind]
    stored = files.put(Image.open(BytesIO(content))) if way == "image" else files.put_bytes(content)
    written = stored.path.read_bytes()
    assert HIDDEN.encode() not in written
    assert written[12:16] in (b"VP8 ", b"VP8L")  # no extended header, so no place for metadata
    with Image.open(stored.path) as opened:
        assert not opened.getexif()
        assert set(opened.info) <= {"loop", "background", "timestamp", "duration"}


def test_metadata_does_not_change_the_digest(files: ImageFiles) -> None:
    digest = files.put(picture()).digest
    lossless = with_metadata()
    assert files.put_bytes(lossless["PNG"]).digest == digest
    assert files.put_bytes(lossless["WEBP"]).digest == digest


def test_the_same_picture_is_one_file(files: ImageFiles) -> None:
    first = files.put(picture(1))
    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(lambda _: files.put(picture(1)), range(16))) == {first}
    assert files.put(picture(2)).digest != first.digest
    assert len(list(files.root.rglob("*.*"))) == 2


@pytest.mark.parametrize("mode", ["RGBA", "L", "P", "1", "CMYK", "LA"])
def test_every_mode_becomes_rgb(files: ImageFiles, mode: str) -> None:
    assert files.open(files.put(picture().convert(mode)).digest).mode == "RGB"


def test_a_rotated_photo_is_turned_upright(files: ImageFiles) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # a quarter turn
    buffer = BytesIO()
    picture().save(buffer, "JPEG", exif=exif)
    stored = files.put_bytes(buffer.getvalue())
    assert (stored.width, stored.height) == (48, 64)


def test_own_files_are_kept_byte_for_byte(files: ImageFiles, tmp_path: Path) -> None:
    stored = files.put(picture())
    copy = ImageFiles(tmp_path / "copy").put_bytes(stored.path.read_bytes())
    assert copy.digest == stored.digest


@pytest.mark.parametrize(
    "content", [b"", b"RIFF\x00\x00\x00\x00WEBP", b"<html>", b"\x89PNG\r\n\x1a\n"]
)
def test_bytes_that_are_no_picture(files: ImageFiles, content: bytes) -> None:
    with pytest.raises(InputError, match="no picture"):
        files.put_bytes(content)
    assert not files.root.exists()


@pytest.mark.parametrize(
    "digest", ["", "ab", "../" * 20 + "etc/passwd", "A" * 64, "g" * 64, "a" * 64 + "\n", "a" * 65]
)
def test_what_is_no_digest(files: ImageFiles, digest: str) -> None:
    for use in (files.path, files.open, lambda d: files.thumbnail(d, 64)):
        with pytest.raises(InputError, match="allowed: 64 digits"):
            use(digest)


def test_missing_and_damaged_files(files: ImageFiles) -> None:
    with pytest.raises(StoreError, match="missing"):
        files.open("a" * 64)
    stored = files.put(picture())
    stored.path.write_bytes(stored.path.read_bytes()[:40])
    with pytest.raises(StoreError, match="damaged"):
        files.open(stored.digest)
    files.put(picture())  # storing it again heals a cut-off file
    assert files.open(stored.digest).size == (64, 48)


def test_thumbnails(files: ImageFiles) -> None:
    digest = files.put(picture(size=(400, 200))).digest
    small = files.thumbnail(digest, 100)
    assert small == files.thumbnail(digest, 100)
    with Image.open(small) as on_disk:
        assert on_disk.size == (100, 50)
    assert files.thumbnail(digest, 400) == files.path(digest)
    assert files.orphans([digest]) == ()
    for size in (0, -5, 15, 1025):
        with pytest.raises(InputError, match="16 to 1024"):
            files.thumbnail(digest, size)


def test_orphans_and_missing(files: ImageFiles) -> None:
    assert files.orphans([]) == ()
    known, unknown = files.put(picture(1)), files.put(picture(2))
    left_over = known.path.with_name("x.part")
    left_over.touch()
    assert set(files.orphans([known.digest])) == {unknown.path, left_over}
    assert files.missing([known.digest, "f" * 64, "f" * 64]) == ("f" * 64,)


def test_a_crash_while_writing_leaves_no_file_of_that_name(
    files: ImageFiles, monkeypatch: pytest.MonkeyPatch
) -> None:
    def crash(self: Path, target: Path) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(Path, "replace", crash)
        with pytest.raises(StoreError, match=r"No space left on device.*GEMREC_DATA"):
            files.put(picture())
    assert [path for path in files.root.rglob("*") if path.is_file()] == []
    assert files.put(picture()).path.is_file()


def test_a_root_that_cannot_be_a_folder(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StoreError, match="cannot be written"):
        ImageFiles(tmp_path / "file").put(picture())
