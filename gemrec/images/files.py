"""The folder of content-addressed WebP files.

Every file is the same format with the same settings and carries no metadata, so that nothing about
a file but its pixels can tell which model made it. A file is complete before it gets its name, and
it is stored before its database row; a crash leaves at worst a file that nobody refers to.
"""

import hashlib
import os
import re
import secrets
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

from PIL import Image, ImageOps, UnidentifiedImageError

from gemrec.errors import InputError, StoreError

QUALITY = 90
"""WebP quality; above it the files grow quickly and nobody sees a difference."""

METHOD = 0
"""WebP effort, 0..6; the fastest, because it stands between a person and their images."""

THUMBNAIL_SIZES = (16, 1024)
"""Smallest and largest thumbnail, in pixels of the longer side."""

_DIGEST = re.compile(r"[0-9a-f]{64}")
_PLAIN_CHUNKS = (b"VP8 ", b"VP8L")


@dataclass(frozen=True, slots=True)
class StoredFile:
    """One file of the image store.

    Attributes:
        digest: SHA-256 of the file in hexadecimal, its name.
        path: Where it lies.
        width: Pixels.
        height: Pixels.
        size: Bytes.
    """

    digest: str
    path: Path
    width: int
    height: int
    size: int


class ImageFiles:
    """Image files under one folder; safe to share between threads and processes.

    Args:
        root: The folder, created at the first write.
    """

    def __init__(self, root: Path) -> None:
        self.root = root

    def put(self, image: Image.Image) -> StoredFile:
        """Store a picture; the same pixels always give the same file.

        Args:
            image: Any mode; it is turned upright and stored as RGB without metadata.

        Raises:
            StoreError: The folder cannot be written.
        """
        clean = _without_metadata(image)
        return self._store(_encode(clean), clean.size)

    def put_bytes(self, webp: bytes) -> StoredFile:
        """Store an encoded picture.

        A WebP without metadata, such as every file of this store, is kept byte for byte; anything
        else is decoded and stored like a new picture.

        Raises:
            InputError: The bytes are no picture.
            StoreError: The folder cannot be written.
        """
        try:
            with Image.open(BytesIO(webp)) as image:
                image.load()
                if image.format == "WEBP" and _is_plain(webp):
                    return self._store(webp, image.size)
                return self.put(image)
        except (
            UnidentifiedImageError,
            Image.DecompressionBombError,
            OSError,
            SyntaxError,
        ) as error:
            raise InputError(
                f"image: got {len(webp)} bytes that are no picture ({error}); allowed: WebP"
            ) from error

    def restore(self, digest: str, content: bytes) -> None:
        """Put back a file of this store, byte for byte; one that is damaged is replaced.

        Args:
            digest: SHA-256 of ``content``, its name.
            content: The file's bytes.

        Raises:
            InputError: Not the digest of these bytes.
            StoreError: The folder cannot be written.
        """
        if hashlib.sha256(content).hexdigest() != digest:
            raise InputError(
                f"image: got {len(content)} bytes that do not have the digest {digest}"
            )
        path = self.path(digest)
        if not path.is_file() or path.read_bytes() != content:
            # Copies need not reach the disk one by one: there is another copy.
            _replace(path, content, durable=False)

    def path(self, digest: str) -> Path:
        """Return where the file of this digest lies, whether or not it exists.

        Raises:
            InputError: Not a digest.
        """
        if _DIGEST.fullmatch(digest) is None:
            raise InputError(f"digest: got {digest[:80]!r}; allowed: 64 digits 0-9 a-f")
        return self.root / digest[:2] / f"{digest}.webp"

    def is_intact(self, digest: str) -> bool:
        """Whether the file of this digest is there, with the bytes that its name promises.

        Raises:
            InputError: Not a digest.
        """
        try:
            return hashlib.sha256(self.path(digest).read_bytes()).hexdigest() == digest
        except OSError:
            return False

    def open(self, digest: str) -> Image.Image:
        """Return the decoded picture.

        Raises:
            InputError: Not a digest.
            StoreError: The file is missing or damaged.
        """
        path = self.path(digest)
        try:
            with Image.open(path) as image:
                image.load()
                return image.convert("RGB")
        except FileNotFoundError as error:
            raise StoreError(
                f"The image file {path} is missing; restore the folder, or generate it again."
            ) from error
        except (UnidentifiedImageError, OSError, SyntaxError) as error:
            raise StoreError(
                f"The image file {path} is damaged ({error}); remove it and generate it again."
            ) from error

    def thumbnail(self, digest: str, size: int) -> Path:
        """Return a file whose longer side has at most ``size`` pixels, made when first asked for.

        Raises:
            InputError: Not a digest, or the size is not allowed.
            StoreError: The picture is missing or damaged, or the folder cannot be written.
        """
        smallest, largest = THUMBNAIL_SIZES
        if not smallest <= size <= largest:
            raise InputError(f"size: got {size}; allowed: {smallest} to {largest} pixels")
        original = self.path(digest)
        path = self.root / "thumbnails" / str(size) / original.relative_to(self.root)
        if path.is_file():
            return path
        image = self.open(digest)
        if max(image.size) <= size:
            return original
        image.thumbnail((size, size))
        _write(path, _encode(image))
        return path

    def remove(self, digest: str) -> None:
        """Remove a picture and its thumbnails; one that is gone already is fine.

        Raises:
            InputError: Not a digest.
        """
        original = self.path(digest)
        original.unlink(missing_ok=True)
        for size in self.root.glob("thumbnails/*"):
            (size / original.relative_to(self.root)).unlink(missing_ok=True)

    def orphans(self, known: Iterable[str]) -> tuple[Path, ...]:
        """Return files that no database row refers to, leftovers of crashes included.

        Args:
            known: Digests that the database knows.
        """
        names = {f"{digest}.webp" for digest in known}
        return tuple(path for path in self._all_files() if path.name not in names)

    def missing(self, known: Iterable[str]) -> tuple[str, ...]:
        """Return the digests of ``known`` that have no file."""
        there = {path.name for path in self._all_files()}
        return tuple(digest for digest in dict.fromkeys(known) if f"{digest}.webp" not in there)

    def damaged(self, known: Iterable[str]) -> tuple[str, ...]:
        """Return the digests of ``known`` whose file has other bytes than it should."""
        return tuple(
            digest
            for digest in dict.fromkeys(known)
            if self.path(digest).is_file() and not self.is_intact(digest)
        )

    def _all_files(self) -> Iterator[Path]:
        """Yield every file but the thumbnails, which can always be made again."""
        return (path for path in sorted(self.root.glob("[0-9a-f][0-9a-f]/*")) if path.is_file())

    def _store(self, encoded: bytes, size: tuple[int, int]) -> StoredFile:
        digest = hashlib.sha256(encoded).hexdigest()
        path = self.path(digest)
        _write(path, encoded)
        return StoredFile(digest, path, *size, len(encoded))


def digest_of(path: Path) -> str:
    """SHA-256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def encode_picture(image: Image.Image) -> bytes:
    """The file that :meth:`ImageFiles.put` would store for a picture, byte for byte."""
    return _encode(_without_metadata(image))


def _without_metadata(image: Image.Image) -> Image.Image:
    upright = ImageOps.exif_transpose(image).convert("RGB")
    # Pasting into a new picture leaves behind what formats hide in `info`.
    clean = Image.new("RGB", upright.size)
    clean.paste(upright)
    return clean


def _encode(image: Image.Image) -> bytes:
    buffer = BytesIO()
    image.save(buffer, "WEBP", quality=QUALITY, method=METHOD)
    return buffer.getvalue()


def _is_plain(webp: bytes) -> bool:
    """Whether the file is one picture chunk and nothing else (RIFF header of 12 bytes, then it)."""
    length = int.from_bytes(webp[16:20], "little")
    return webp[12:16] in _PLAIN_CHUNKS and len(webp) == 20 + length + length % 2


def _write(path: Path, content: bytes) -> None:
    """Give the file its name only when all of it is on the disk.

    A file of this name and another content is damaged, because the name is the content's digest (a
    thumbnail's follows from one), and is replaced.
    """
    try:
        is_there = path.is_file() and path.read_bytes() == content
    except OSError:
        is_there = False
    if not is_there:
        _replace(path, content)


def _replace(path: Path, content: bytes, *, durable: bool = True) -> None:
    part = path.with_name(f"{path.stem}.{secrets.token_hex(8)}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with part.open("xb") as file:
            file.write(content)
            file.flush()
            if durable:
                os.fsync(file.fileno())
        part.replace(path)
    except OSError as error:
        with suppress(OSError):
            part.unlink()
        raise StoreError(
            f"The image file {path} cannot be written ({error.strerror}); free some space, make "
            "the folder writable, or choose another one with GEMREC_DATA."
        ) from error
