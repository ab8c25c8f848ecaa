"""What a model entry may say, field by field."""

from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from gemrec.records import (
    GenerationParameters,
    Model,
    ModelCost,
    ModelSource,
    SamplerName,
    SourceKind,
)

HUB_SCHEME = "hf://"
Text = Annotated[str, Field(min_length=1)]
Side = Annotated[int, Field(ge=8, le=8192, multiple_of=8)]
Amount = Annotated[float, Field(ge=0, allow_inf_nan=False)]


class _Entry(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class SourceEntry(_Entry):
    """The table ``[model.source]``."""

    kind: SourceKind
    path: Text
    base: Text | None = None
    weight: Annotated[float, Field(ge=-4, le=4, allow_inf_nan=False)] = 1.0
    revision: Text | None = None
    variant: Text | None = None
    config: Text | None = None
    provider: Text | None = None

    @model_validator(mode="after")
    def _check_kind(self) -> Self:
        if (self.kind == "lora") != (self.base is not None):
            got = "no base" if self.base is None else f"base {self.base!r}"
            raise ValueError(
                f"kind {self.kind!r} has {got}; a lora needs base, the id of the model that it "
                "adapts, and other kinds have none"
            )
        if (self.kind == "provider") != (self.provider is not None):
            got = "no provider" if self.provider is None else f"provider {self.provider!r}"
            raise ValueError(
                f"kind {self.kind!r} has {got}; kind 'provider' needs one, such as 'together' or "
                "'hf-inference', and other kinds have none"
            )
        if self.revision is not None and not self._on_hub:
            raise ValueError(
                f"kind {self.kind!r} has a revision; only kind 'hub' and hf:// paths may have one"
            )
        for name, value, kind in (
            ("variant", self.variant, "hub"),
            ("config", self.config, "file"),
        ):
            if value is not None and self.kind != kind:
                raise ValueError(f"kind {self.kind!r} has a {name}; only kind {kind!r} may")
        self._check_hub_path()
        return self

    @property
    def _on_hub(self) -> bool:
        return self.kind == "hub" or self.path.startswith(HUB_SCHEME)

    def _check_hub_path(self) -> None:
        if not self.path.startswith(HUB_SCHEME):
            return
        parts = self.path.removeprefix(HUB_SCHEME).split("/")
        if self.kind not in ("file", "lora") or len(parts) < 3 or not all(parts):
            raise ValueError(
                f"path {self.path!r} with kind {self.kind!r}; hf://ORG/REPO/FILE is for kinds "
                "'file' and 'lora', and kind 'hub' takes ORG/REPO"
            )

    def resolved(self, folder: Path) -> ModelSource:
        """Return the record, with file paths relative to ``folder`` made absolute."""

        def absolute(path: str) -> str:
            return str((folder / Path(path).expanduser()).resolve())

        on_disk = self.kind in ("local", "file", "lora", "prerendered") and not self._on_hub
        fields = self.model_dump()
        if on_disk:
            fields["path"] = absolute(self.path)
        if self.config is not None and (folder / self.config).exists():
            fields["config"] = absolute(self.config)
        return ModelSource(**fields)


class ParametersEntry(_Entry):
    """The table ``[model.parameters]``."""

    steps: Annotated[int, Field(ge=1, le=1000)] = GenerationParameters().steps
    guidance_scale: Annotated[float, Field(ge=0, le=100)] = GenerationParameters().guidance_scale
    width: Side = GenerationParameters().width
    height: Side = GenerationParameters().height
    negative_prompt: str = ""
    scheduler: SamplerName | Literal[""] = ""


class CostEntry(_Entry):
    """The table ``[model.cost]``."""

    seconds_per_image: Amount | None = None
    vram_gb: Amount | None = None
    usd_per_image: Amount | None = None
    download_gb: Amount | None = None


class ModelEntry(_Entry):
    """One table ``[[model]]``."""

    id: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$", max_length=100)]
    name: Text
    source: SourceEntry
    parameters: ParametersEntry = ParametersEntry()
    licence: Text = "unknown"
    downloads: Annotated[int, Field(ge=0)] = 0
    tags: list[Text] = []
    description: str = ""
    # Shown as a link, so nothing but a web address.
    url: Annotated[str, Field(pattern=r"^(https?://\S+)?$")] = ""
    download: Annotated[str, Field(pattern=r"^(https?://\S+)?$")] = ""
    cost: CostEntry = CostEntry()
    retired: bool = False

    def to_model(self, folder: Path) -> Model:
        """Return the record; ``folder`` is where the entry's file lies."""
        return Model(
            id=self.id,
            name=self.name,
            source=self.source.resolved(folder),
            parameters=GenerationParameters(**self.parameters.model_dump()),
            licence=self.licence,
            downloads=self.downloads,
            tags=tuple(dict.fromkeys(self.tags)),
            description=self.description,
            url=self.url,
            download=self.download,
            cost=ModelCost(**self.cost.model_dump()),
            retired=self.retired,
        )
