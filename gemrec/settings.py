"""The only reader of the environment."""

from pathlib import Path
from typing import Literal

from pydantic import Field, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from gemrec.errors import SettingsError

REPOSITORY = Path(__file__).resolve().parent.parent


class Settings(BaseSettings):
    """What the person who runs gemrec can decide, each as an environment variable ``GEMREC_…``."""

    model_config = SettingsConfigDict(
        env_prefix="GEMREC_", env_file=None, extra="ignore", frozen=True, validate_default=True
    )

    host: str = Field(
        "",
        description="Address the server listens on; unset: `127.0.0.1`, and on a Space every address.",
    )
    port: int = Field(7860, ge=0, le=65535, description="Port the server listens on; 0 picks one.")
    data: Path = Field(
        REPOSITORY / "annotations", description="Folder of the database, images and exports."
    )
    db: Path | None = Field(None, description="SQLite file; default: gemrec.db in the data folder.")
    assets: Path = Field(
        REPOSITORY / "assets", description="Folder of the shipped models, prompts, css and js."
    )
    models: Path | None = Field(
        None, description="A second model catalog (TOML) that adds to or replaces shipped entries."
    )
    prompts: Path | None = Field(
        None, description="A second prompt file (CSV) that adds to the shipped prompts."
    )
    backend: Literal["diffusers", "scripted"] = Field(
        "diffusers",
        description="`diffusers` runs each model by its source; `scripted` is for tests of the app.",
    )
    device: Literal["auto", "cpu", "cuda"] = Field("auto", description="Where models run.")
    threads: int = Field(0, ge=0, description="CPU threads for generation; 0 means all cores.")
    runner: Literal["process", "ray"] = Field(
        "process", description="Whether models run in processes of this machine or on Ray."
    )
    workers: int = Field(
        1, ge=1, le=1024, description="How many models run at the same time, each in its worker."
    )
    ray_address: str | None = Field(
        None, description="A running Ray cluster, such as `auto`; empty starts Ray here."
    )
    generation_timeout: float = Field(
        120.0, gt=0, description="Seconds a model may take for one grid before it is no contest."
    )
    images_per_grid: int = Field(4, ge=1, le=9, description="Images per grid in a new battle.")
    ticket_minutes: float = Field(
        120.0, gt=0, description="Minutes for which a ticket to vote is valid."
    )
    sampler: Literal["information", "personal", "fewest_votes", "uniform"] = Field(
        "information", description="Which models meet: what the choice shall teach most about."
    )
    random_share: float = Field(
        0.1, ge=0, le=1, description="Share of battles whose models are drawn uniformly."
    )
    annotator_limit: str = Field(
        "240/minute", description="Most battles, and most votes, of one person; empty for no limit."
    )
    address_limit: str = Field(
        "3000/minute",
        description="Most battles, and most votes, from one network address; empty for no limit.",
    )
    board_minimum_votes: int = Field(
        10, ge=0, description="Models with fewer votes are marked preliminary on the leaderboard."
    )
    prompt_length: int = Field(300, ge=1, description="Most characters a prompt may have.")
    memory_gb: float = Field(
        0.0, ge=0, description="Memory for loaded models, in GiB; 0 takes a share of what there is."
    )
    download_gb: float = Field(
        1.0,
        ge=0,
        description="Largest model, in GB, that is downloaded unasked; for entries with a size.",
    )
    mature: bool = Field(
        False,
        description="Whether mature content may be made; off lets safety checkers hold images back.",
    )
    safety_checker: str = Field(
        "",
        description="Folder or Hub name of a Stable Diffusion safety checker, for models run here "
        "that bring none; empty for none.",
    )
    blocked_words: Path | None = Field(
        None, description="A text file of words and phrases, one a line, that no prompt may hold."
    )
    provider_timeout: float = Field(
        60.0, gt=0, description="Seconds one request to an inference provider may take."
    )
    provider_attempts: int = Field(
        4, ge=1, le=10, description="Requests per image before a provider is given up."
    )
    provider_usd_per_day: float = Field(
        0.0,
        ge=0,
        description="Most US dollars that inference providers may cost per day (UTC); 0 keeps "
        "models that cost money off.",
    )
    provider_usd_per_process: float = Field(
        1.0, ge=0, description="Most US dollars that one run may pay to providers."
    )
    civitai_url: str = Field(
        "https://civitai.com",
        pattern=r"^https?://[^/\s]+/?$",
        description="Where `models fetch civitai` asks.",
    )
    consent: str = Field(
        "", description="What people must agree to before their first vote; empty asks nothing."
    )
    owners: str = Field(
        "",
        description="Ids of the annotators who run studies, with commas; empty: everybody on this "
        "machine, nobody from elsewhere.",
    )
    on_leaving: Literal["anonymise", "delete"] = Field(
        "anonymise", description="What becomes of the votes of people who delete their data."
    )
    retention_days: int = Field(
        0,
        ge=0,
        description="Days after their last vote when people are forgotten, at the next start; 0 keeps them.",
    )
    civitai_token: str = Field(
        "", description="Of an account there; some checkpoints are only for people with one."
    )
    open_api: bool | None = Field(
        None,
        description="Whether the API believes the plain `annotator` name it is given; unset: at "
        "home yes, where people can log in no.",
    )

    backup: str = Field(
        "",
        description="Where snapshots of votes and images go, and an empty disk is restored from: "
        "a folder (such as a mounted bucket) or `hf://datasets/OWNER/NAME`, which is private; "
        "empty for none.",
    )
    backup_minutes: float = Field(
        30.0, gt=0, description="Minutes between two snapshots; one more is saved at shutdown."
    )
    backup_keep: int = Field(10, ge=2, description="How many snapshots are kept.")
    journal: Literal["wal", "delete"] = Field(
        "wal",
        description="SQLite's journal; `delete` for a file system without locks or shared memory, "
        "such as a mounted bucket.",
    )

    anonymous: bool = Field(
        True, description="Whether people may vote without logging in, where a login is configured."
    )
    log: Literal["text", "json"] = Field(
        "text", description="Form of the log: for people, or one JSON object a line."
    )
    log_private: bool = Field(
        False, description="Whether the log may hold prompts, names and network addresses."
    )
    space_id: str = Field(
        "",
        validation_alias="SPACE_ID",
        description="Set by Hugging Face on a Space; a login is believed nowhere else.",
    )
    zero_gpu: bool = Field(
        False,
        validation_alias="SPACES_ZERO_GPU",
        description="Set by Hugging Face on a Space with ZeroGPU: a GPU is lent for each grid.",
    )
    oauth_client_id: str = Field(
        "",
        validation_alias="OAUTH_CLIENT_ID",
        description="Set by Hugging Face where the Space's header says `hf_oauth: true`; shows the "
        "login button.",
    )

    @property
    def listens_on(self) -> str:
        """The address that the server binds: a Space is reached from outside its container."""
        return self.host or ("0.0.0.0" if self.space_id else "127.0.0.1")  # noqa: S104

    @property
    def has_login(self) -> bool:
        """Whether people can log in here."""
        return bool(self.space_id and self.oauth_client_id)

    @property
    def believes_names(self) -> bool:
        """Whether the API believes a plain name: as set, or else wherever nobody can log in."""
        return not self.has_login if self.open_api is None else self.open_api

    @property
    def database(self) -> Path:
        """The SQLite file."""
        return self.db if self.db is not None else self.data / "gemrec.db"

    @property
    def image_folder(self) -> Path:
        """Root of the content-addressed image files."""
        return self.data / "images"

    @property
    def imports_folder(self) -> Path:
        """A folder of models and prompts for each data set that was imported."""
        return self.data / "imports"


def variable(name: str) -> str:
    """The environment variable of a setting."""
    field = Settings.model_fields.get(name.lower())
    alias = None if field is None else field.validation_alias
    return alias if isinstance(alias, str) else name if name.isupper() else f"GEMREC_{name.upper()}"


def load_settings(**overrides: object) -> Settings:
    """Read the environment; ``overrides`` win over it.

    Raises:
        SettingsError: A value is not allowed; the message names the variable and the rule.
    """
    try:
        return Settings(**overrides)  # type: ignore[arg-type]
    except ValidationError as error:
        problems = "; ".join(
            f"{variable(str(e['loc'][0]))} is {e['input']!r}: {e['msg']}" for e in error.errors()
        )
        raise SettingsError(problems) from error
