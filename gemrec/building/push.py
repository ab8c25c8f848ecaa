"""A finished data set on the model hub."""

from pathlib import Path
from typing import Any

from gemrec.building.output import CARD, MANIFEST, PARQUET
from gemrec.errors import InputError, RemoteError
from gemrec.generation.providers import is_transport_error

PATTERNS = (CARD, MANIFEST, f"{PARQUET}/*.parquet")
"""The imagefolder stays here: its images are inside the Parquet files."""


def push(folder: Path, repo: str) -> str:
    """Upload a data set to a repository, private when it is new.

    Args:
        folder: Of the finished data set.
        repo: ``OWNER/NAME`` on the hub that ``HF_ENDPOINT`` names.

    Returns:
        Where it is.

    Raises:
        InputError: The name is none, or there is no token.
        RemoteError: The hub refuses or cannot be reached; the data set on the disk is complete.
    """
    from huggingface_hub import HfApi, constants, get_token  # noqa: PLC0415 - only for pushing
    from huggingface_hub.errors import HfHubHTTPError, HFValidationError  # noqa: PLC0415

    if repo.count("/") != 1:
        raise InputError(f"push: got {repo!r}; allowed: OWNER/NAME")
    if get_token() is None:
        raise InputError(
            "push: got no token; set HF_TOKEN to one that may write, see hf auth login"
        )
    api: Any = HfApi(endpoint=constants.ENDPOINT)
    try:
        api.create_repo(repo, repo_type="dataset", private=True, exist_ok=True)
        api.upload_folder(
            repo_id=repo,
            repo_type="dataset",
            folder_path=folder,
            allow_patterns=list(PATTERNS),
            commit_message="Data set by gemrec",
        )
    except HFValidationError as error:
        raise InputError(f"push: got {repo!r}; {error}") from error
    except Exception as error:
        # Uploads of large files end in a RuntimeError, whatever went wrong below.
        of_the_hub = isinstance(error, HfHubHTTPError | OSError | RuntimeError)
        if not of_the_hub and not is_transport_error(error):
            raise
        first_line = str(error).strip().partition("\n")[0]
        raise RemoteError(
            f"The hub did not take {repo}: {first_line or type(error).__name__} The data set in {folder} is complete; "
            "check the token and the network, and try `build --resume --push` again: what the hub has "
            "already is not sent twice."
        ) from error
    return f"{constants.ENDPOINT}/datasets/{repo}"
