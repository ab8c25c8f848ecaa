"""An export as a data set on the Hub, private unless somebody says otherwise."""

from pathlib import Path

from gemrec.errors import InputError


def push_folder(folder: Path, repository: str, *, public: bool = False) -> str:
    """Upload a folder and return its address.

    A repository that is there already keeps its visibility.

    Args:
        folder: What :class:`~gemrec.exchange.exporting.Exporter` wrote.
        repository: ``owner/name``; made when missing.
        public: Whether a new one may be seen by everybody.

    Raises:
        InputError: The Hub refused; the message says why.
    """
    from huggingface_hub import HfApi  # noqa: PLC0415 - slow to import
    from huggingface_hub.errors import HfHubHTTPError, HFValidationError  # noqa: PLC0415

    api = HfApi()
    try:
        api.create_repo(repository, repo_type="dataset", private=not public, exist_ok=True)
        done = api.upload_folder(
            repo_id=repository,
            repo_type="dataset",
            folder_path=folder,
            commit_message="Votes exported by gemrec",
            ignore_patterns=[".*"],
        )
    except (HfHubHTTPError, HFValidationError, ValueError, OSError) as error:
        raise InputError(
            f"push: the Hub refused {repository!r} ({' '.join(str(error).split())[:200]}); allowed: "
            "owner/name that you may write to; log in with `hf auth login` or set HF_TOKEN"
        ) from error
    return str(done)
