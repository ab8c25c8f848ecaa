"""Packs: the image files that one snapshot adds, in one archive beside a list of their names."""

import hashlib
import re
import tarfile
from collections.abc import Iterable, Iterator
from io import BytesIO
from pathlib import Path

from gemrec.images import ImageFiles

_NAME = re.compile(r"([0-9a-f]{64})\.webp")
LARGEST_IMAGE = 64 * 2**20
"""Bytes; far above any picture that gemrec stores, so a larger member is no picture of ours."""


def write_pack(images: ImageFiles, digests: Iterable[str], archive: Path, index: Path) -> int:
    """Pack image files.

    Args:
        images: Where they lie.
        digests: Which; one whose file is missing or damaged is left out.
        archive: The tar file to write.
        index: The list of digests to write.

    Returns:
        How many images are in the pack; with 0, neither file is of any use.
    """
    packed = []
    with tarfile.open(archive, "w", format=tarfile.USTAR_FORMAT) as tar:
        for digest in digests:
            content = _intact(images, digest)
            if content is not None:
                member = tarfile.TarInfo(f"{digest}.webp")
                member.size = len(content)
                tar.addfile(member, BytesIO(content))
                packed.append(digest)
    index.write_text("".join(f"{digest}\n" for digest in packed), "ascii")
    return len(packed)


def read_index(index: Path) -> frozenset[str]:
    """The digests that a list names; lines that are none are passed over."""
    lines = index.read_text("ascii", errors="replace").splitlines()
    return frozenset(line for line in lines if _NAME.fullmatch(f"{line}.webp"))


def read_pack(archive: Path) -> Iterator[tuple[str, bytes]]:
    """Every intact image of a pack with its digest.

    Only plain files with a digest's name whose bytes have that digest are taken, so an archive that
    somebody tampered with can do nothing. One that is cut short gives what comes before the cut.
    """
    try:
        with tarfile.open(archive, "r:") as tar:
            for member in tar:
                named = _NAME.fullmatch(member.name)
                file = tar.extractfile(member) if member.isreg() else None
                if named is None or file is None or member.size > LARGEST_IMAGE:
                    continue
                content = file.read()
                if hashlib.sha256(content).hexdigest() == named[1]:
                    yield named[1], content
    except (tarfile.TarError, EOFError, OSError):
        return


def _intact(images: ImageFiles, digest: str) -> bytes | None:
    try:
        content = images.path(digest).read_bytes()
    except OSError:
        return None
    return content if hashlib.sha256(content).hexdigest() == digest else None
