"""A private data set repository of the Hub as a place of backups."""

import shutil
import tempfile
from collections.abc import Callable, Collection, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from gemrec.errors import BackupError

if TYPE_CHECKING:
    from huggingface_hub import HfApi

T = TypeVar("T")
ATTEMPTS = 3


class HubPlace:
    """One data set repository; follows ``Place``. A snapshot arrives in one commit, or not at all.

    Args:
        repository: ``OWNER/NAME``; made, as a private one, when it is missing.
        api: The client; None takes one for ``HF_ENDPOINT`` and ``HF_TOKEN``.
    """

    def __init__(self, repository: str, api: "HfApi | None" = None) -> None:
        self.repository = repository
        self._given = api
        self._is_private = False

    @property
    def title(self) -> str:
        """The repository's address, as the setting names it."""
        return f"hf://datasets/{self.repository}"

    def names(self) -> frozenset[str]:
        """Names of all files; makes the repository when it is missing."""

        def ask() -> frozenset[str]:
            self._check_private()
            return frozenset(self._api().list_repo_files(self.repository, repo_type="dataset"))

        return self._asked(ask)

    def read(self, name: str, target: Path) -> bool:
        """Download one file."""
        from huggingface_hub.errors import EntryNotFoundError, HfHubHTTPError  # noqa: PLC0415

        def ask() -> bool:
            with tempfile.TemporaryDirectory(dir=target.parent) as folder:
                try:
                    file = self._api().hf_hub_download(
                        self.repository, name, repo_type="dataset", local_dir=folder
                    )
                except EntryNotFoundError:
                    return False
                except HfHubHTTPError:
                    raise
                except OSError as error:
                    # The client's own word for a download of another size than was announced.
                    if "Consistency check" in str(error):
                        return False
                    raise
                shutil.move(file, target)
                return True

        return self._asked(ask)

    def write(self, files: Mapping[str, Path], gone: Collection[str]) -> None:
        """Commit everything at once."""
        from huggingface_hub import CommitOperationAdd, CommitOperationDelete  # noqa: PLC0415

        def ask() -> None:
            self._check_private()
            self._api().create_commit(
                self.repository,
                [
                    *(CommitOperationAdd(name, str(path)) for name, path in files.items()),
                    *(CommitOperationDelete(name) for name in gone),
                ],
                commit_message=f"Snapshot {Path(list(files)[-1]).stem}",
                repo_type="dataset",
            )

        self._asked(ask, attempts=1)  # the next turn of the schedule is the next attempt

    def _check_private(self) -> None:
        """Refuse to put votes and keys where everybody can read them."""
        from huggingface_hub.errors import RepositoryNotFoundError  # noqa: PLC0415

        if self._is_private:
            return
        try:
            known = self._api().repo_info(self.repository, repo_type="dataset")
        except RepositoryNotFoundError:
            # Also the answer to a token without rights; then this refuses, and nobody takes a
            # repository that cannot be seen for one that is empty.
            self._api().create_repo(self.repository, repo_type="dataset", private=True)
        else:
            if not known.private:
                raise BackupError(
                    f"The data set {self.repository} is public, and backups hold everybody's votes "
                    "and the server's keys; make it private, or name another one in GEMREC_BACKUP."
                )
        self._is_private = True

    def _api(self) -> "HfApi":
        if self._given is None:
            from huggingface_hub import HfApi  # noqa: PLC0415 - half a second
            from huggingface_hub.utils.tqdm import disable_progress_bars  # noqa: PLC0415

            disable_progress_bars()
            self._given = HfApi()
        return self._given

    def _asked(self, ask: Callable[[], T], attempts: int = ATTEMPTS) -> T:
        """The answer; errors of the network get another try, then our own words."""
        for attempt in range(1, attempts + 1):
            try:
                return ask()
            except BackupError:
                raise
            except Exception as error:
                if not _is_of_the_hub(error):
                    raise
                if attempt == attempts or _is_final(error):
                    raise BackupError(
                        f"The data set {self.repository} on the Hub cannot be used: "
                        f"{_first_line(error)}. Check HF_TOKEN (it must be allowed to write "
                        "there), the name in GEMREC_BACKUP, and the network."
                    ) from error
        raise AssertionError("unreachable")


def _is_of_the_hub(error: Exception) -> bool:
    """Whether the Hub, its client or the network between failed, rather than we.

    Transport errors are told by name, because huggingface_hub decides which library raises them.
    """
    by_name = any(kind.__name__ == "TransportError" for kind in type(error).__mro__)
    # The client says ValueError for a bad answer and RuntimeError for a broken upload.
    return by_name or isinstance(error, OSError | ValueError | RuntimeError)


def _is_final(error: Exception) -> bool:
    """Whether asking again cannot help: the Hub has understood and refused."""
    response = getattr(error, "response", None)
    return response is not None and 400 <= int(response.status_code) < 500


def _first_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0].rstrip(".")
