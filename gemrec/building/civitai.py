"""Checkpoints on Civitai, through its public REST API (``GET /api/v1/models``)."""

import http.client
import json
import random
import ssl
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, TypeVar

from gemrec.errors import RemoteError
from gemrec.generation.providers import RATE_LIMITED, SERVER_ERROR, retry_after
from gemrec.generation.retries import Retries, RetryableError

PAGE = 100  # the most that the API gives at once
TIMEOUT_SECONDS = 60.0
ATTEMPTS = 6
LONGEST_PAUSE = 600.0  # a list of thousands waits as long as the site asks, within reason
PARTIAL = 206
NOTHING_LEFT = 416  # of a range that begins at the end of the file
SAFE_FORMAT = "SafeTensor"  # the other formats can run code when they are opened
AGENT = "gemrec"
_BROKEN = (TimeoutError, ConnectionError, ssl.SSLError)

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """The newest version of a model that can be downloaded and opened safely.

    Attributes:
        model_id: On Civitai.
        name: Of the model.
        version_id: On Civitai.
        version: Its name.
        base_model: The family, as Civitai spells it, such as ``SD 1.5``.
        downloads: Of the model, all versions together.
        mature: Whether Civitai marks it as not safe for work.
        address: Where the file is.
        size: Bytes, as announced.
        sha256: Of the file; empty when Civitai does not know.
        words: What prompts should hold.
    """

    model_id: int
    name: str
    version_id: int
    version: str
    base_model: str
    downloads: int
    mature: bool
    address: str
    size: int
    sha256: str
    words: tuple[str, ...] = ()


class Civitai:
    """The API as a list of checkpoints.

    Busy and broken answers are asked again, after as long as the server wants.

    Args:
        address: Of the site.
        token: Of an account; some files need one.
        sleep: Waits that many seconds.
        first_pause: Seconds of the first back-off.
    """

    def __init__(
        self,
        address: str,
        token: str = "",
        sleep: Callable[[float], None] = time.sleep,
        first_pause: float = 1.0,
    ) -> None:
        self._address = address.rstrip("/")
        self._token = token
        self.retries = Retries(ATTEMPTS, sleep, random.random, first_pause, LONGEST_PAUSE)

    def checkpoints(self, *, mature: bool = False) -> Iterator[Checkpoint]:
        """All checkpoints that can be used, the most downloaded first.

        Args:
            mature: Also those that are not safe for work.

        Raises:
            RemoteError: Civitai refuses, keeps failing or answers something else.
        """
        query = {"types": "Checkpoint", "sort": "Most Downloaded", "limit": str(PAGE)}
        query |= {"nsfw": "true" if mature else "false"}
        seen: set[str] = set()
        while True:
            page = self._page(query)
            items = [item for item in page["items"] if _id_of(item) not in seen]
            seen |= set(map(_id_of, items))
            for item in items:
                found = usable_version(item)
                if found is not None and (mature or not found.mature):
                    yield found
            cursor = (page.get("metadata") or {}).get("nextCursor")
            if not cursor or not items:  # a page without news would be the last one for ever
                return
            query["cursor"] = str(cursor)

    def read(
        self, address: str, use: Callable[[Any], T], start: Callable[[], int] = lambda: 0
    ) -> T:
        """What ``use`` makes of the response; asked anew when the connection breaks meanwhile.

        Args:
            address: Of this site, or where it says that a file is.
            use: Reads the response, whose status is 200, 206 or 416; ``ConnectionError`` when
                something is missing.
            start: The first byte that is wanted, asked before each try.

        Raises:
            RemoteError: It refuses or keeps failing.
        """

        def ask() -> T:
            with _open(self._request(address, start())) as response:
                try:
                    return use(response)
                except (http.client.HTTPException, *_BROKEN) as error:
                    raise RetryableError(f"the connection broke ({error!r}).") from error

        try:
            return self.retries.call(ask)
        except RetryableError as error:
            host = urllib.parse.urlsplit(address).netloc
            raise RemoteError(
                f"{host} gave no answer after {ATTEMPTS} tries: {error} Try again later."
            ) from error

    def _page(self, query: dict[str, str]) -> dict[str, Any]:
        address = f"{self._address}/api/v1/models?{urllib.parse.urlencode(query)}"
        content = self.read(address, lambda response: response.read())
        try:
            page = json.loads(content)
            if isinstance(page["items"], list):
                return dict(page)
        except (ValueError, KeyError, TypeError):
            pass
        raise RemoteError(f"{self._address} answered something that is no list of models.")

    def _request(self, address: str, start: int) -> urllib.request.Request:
        if not address.startswith(("http://", "https://")):
            raise RemoteError(
                f"{self._address} says that a file is at {address!r}, no web address."
            )
        request = urllib.request.Request(address, headers={"User-Agent": AGENT})  # noqa: S310
        if start:
            request.add_header("Range", f"bytes={start}-")
        if self._token and address.startswith(f"{self._address}/"):
            # Files lie on other servers, to which Civitai redirects; they must not see the token.
            request.add_unredirected_header("Authorization", f"Bearer {self._token}")
        return request


def _open(request: urllib.request.Request) -> Any:
    try:
        return urllib.request.urlopen(request, timeout=TIMEOUT_SECONDS)  # noqa: S310
    except urllib.error.HTTPError as error:
        if error.code == NOTHING_LEFT:
            return error
        with error:
            if error.code == RATE_LIMITED or error.code >= SERVER_ERROR:
                raise RetryableError(f"HTTP {error.code}.", retry_after(error.headers)) from error
            advice = " Set GEMREC_CIVITAI_TOKEN." if error.code in (401, 403) else ""
            raise RemoteError(
                f"{request.host} refused {request.selector} (HTTP {error.code}).{advice}"
            ) from error
    except (urllib.error.URLError, http.client.HTTPException, TimeoutError, OSError) as error:
        reason = getattr(error, "reason", error)
        raise RetryableError(f"it cannot be reached ({reason}).") from error


def _id_of(item: Any) -> str:
    """What tells listed models apart, whatever was listed."""
    return str(item.get("id") if isinstance(item, dict) else item)


def usable_version(item: Any) -> Checkpoint | None:
    """The newest version of one listed model with a safe file.

    None when there is none, or when the model is not described as models are: one odd entry among
    thousands must not end the list.
    """
    try:
        return _newest_safe(item)
    except (AttributeError, KeyError, TypeError, ValueError):
        return None


def _newest_safe(item: dict[str, Any]) -> Checkpoint | None:
    for version in item.get("modelVersions") or ():
        file = _safe_file(version)
        if file is None or version.get("availability", "Public") != "Public":
            continue
        return Checkpoint(
            model_id=int(item["id"]),
            name=str(item["name"]),
            version_id=int(version["id"]),
            version=str(version.get("name", "")),
            base_model=str(version.get("baseModel", "")),
            downloads=int((item.get("stats") or {}).get("downloadCount", 0)),
            mature=bool(item.get("nsfw")),
            address=str(file.get("downloadUrl") or version.get("downloadUrl") or ""),
            size=int(float(file.get("sizeKB") or 0) * 1024),
            sha256=str((file.get("hashes") or {}).get("SHA256", "")).lower(),
            words=tuple(map(str, version.get("trainedWords") or ())),
        )
    return None


def _safe_file(version: dict[str, Any]) -> dict[str, Any] | None:
    files = [
        file
        for file in version.get("files") or ()
        if file.get("type") in ("Model", "Pruned Model")
        and (file.get("metadata") or {}).get("format") == SAFE_FORMAT
    ]
    # The file that Civitai offers first, where it says so.
    return min(files, key=lambda file: not file.get("primary"), default=None)
