"""Names under which browsers fetch images, and the bytes behind them.

An image in a battle has a random name of that showing alone. An image whose model is known to the
reader, as in For you, has its row number and a signature, so that nobody can walk through the
numbers and match pictures of an open battle with models.
"""

import hashlib
import hmac
import re
from pathlib import Path

from gemrec.catalog import Catalog
from gemrec.images import ImageFiles
from gemrec.records import Battle, BattleMode, Image
from gemrec.store import Store

_SIGNED = re.compile(r"([0-9]{1,18})-([0-9a-f]{24})")
_SHOWN = re.compile(r"[0-9a-f]{8,64}")


class Pictures:
    """Finds the file behind a name.

    Args:
        store: Showings and images.
        files: Image files.
        catalog: Knows how large each model draws.
        secret: Key of the signatures.
    """

    def __init__(self, store: Store, files: ImageFiles, catalog: Catalog, secret: bytes) -> None:
        self._store = store
        self._files = files
        self._catalog = catalog
        self._secret = secret

    def name_of(self, image: Image) -> str:
        """The lasting name of an image whose model the reader may know."""
        return f"{image.id}-{self._signature(str(image.id))}"

    def file(self, name: str, size: int | None = None) -> Path | None:
        """The file behind a name, or None when there is no such name.

        Args:
            name: A lasting name, or that of one showing.
            size: Pixels of the longer side of a smaller copy, for lasting names only: sizes of
                showings are decided by their battle.
        """
        if (signed := _SIGNED.fullmatch(name)) is not None:
            number, signature = signed.groups()
            if not hmac.compare_digest(signature, self._signature(number)):
                return None
            image = self._store.images.get(int(number))
            if image is None:
                return None
            if size is not None and size < max(image.width, image.height):
                return self._files.thumbnail(image.digest, size)
            return self._files.path(image.digest)
        return self._shown(name) if _SHOWN.fullmatch(name) else None

    def _shown(self, name: str) -> Path | None:
        showing = self._store.battles.showing(name)
        image = None if showing is None else self._store.images.get(showing.image_id)
        if showing is None or image is None:
            return None
        battle = None if showing.battle_id is None else self._store.battles.get(showing.battle_id)
        common = None if battle is None else self._common_size(battle)
        if common is None or common == max(image.width, image.height):
            return self._files.path(image.digest)
        return self._files.thumbnail(image.digest, common)

    def _common_size(self, battle: Battle) -> int | None:
        """The size at which a blind battle shows both sides; their own may give a model away."""
        if battle.mode is not BattleMode.BLIND:
            return None
        models = [self._catalog.models.get(model_id) for model_id in battle.models]
        sizes = [max(m.parameters.width, m.parameters.height) for m in models if m is not None]
        return min(sizes) if len(set(sizes)) > 1 else None

    def _signature(self, number: str) -> str:
        return hmac.new(self._secret, number.encode(), hashlib.sha256).hexdigest()[:24]
