"""The data card: what is in a data set, for people and for the Hub."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from gemrec.building.plan import Plan
from gemrec.records import Model

if TYPE_CHECKING:
    from gemrec.building.output import Row

_SIZES = (
    (1_000, "n<1K"),
    (10_000, "1K<n<10K"),
    (100_000, "10K<n<100K"),
    (1_000_000, "100K<n<1M"),
    (10_000_000, "1M<n<10M"),
)


def data_card(
    plan: Plan,
    rows: "Sequence[Row]",
    columns: Mapping[str, tuple[str, str]],
    encoder: str,
    name: str,
) -> str:
    """A ``README.md`` with the header that the Hub reads.

    Args:
        plan: What the data set was to hold.
        rows: What it holds.
        columns: Type and meaning of each column.
        encoder: Name of the encoder behind the scores.
        name: Of the data set.
    """
    licences = sorted({model.licence for model in plan.models})
    table = "\n".join(
        f"| `{column}` | {kind} | {meaning} |" for column, (kind, meaning) in columns.items()
    )
    models = "\n".join(_model_line(model, rows) for model in plan.models)
    missing = plan.total - len(rows)
    hole = f" {missing} of {plan.total} planned images are missing.\n" if missing else "\n"
    return f"""---
pretty_name: "{name}"
license: other
license_name: per-model
task_categories:
- text-to-image
tags:
- gemrec
- text-to-image
- generative-model-recommendation
size_categories:
- {_size(len(rows))}
configs:
- config_name: default
  data_files:
  - split: train
    path: parquet/*.parquet
---

# {name}

{len(rows)} images: {plan.images} by each of {len(plan.models)} text-to-image models for each of \
{len(plan.prompts)} prompts. All models drew a prompt from the same seeds.{hole}
The images were made by `python -m gemrec build`. They carry the licences of their models: \
{", ".join(licences)}.

```python
from datasets import load_dataset

rows = load_dataset("parquet", data_files="parquet/*.parquet", split="train")
folder = load_dataset("imagefolder", data_dir="images", split="train")
```

## Columns

| column | type | meaning |
|---|---|---|
| `image` | image | WebP, embedded in Parquet; the file itself in the imagefolder |
{table}
| `vector` | list of float32 | of the encoder `{encoder}`; in Parquet only |

Scores are raw: normalise them per prompt when you compare models. `manifest.json` has the SHA-256 \
of every file.

## Models

| model | name | licence | images | mean prompt match |
|---|---|---|---:|---:|
{models}
"""


def _model_line(model: Model, rows: "Sequence[Row]") -> str:
    scores = [row.prompt_match for row in rows if row.model == model.id]
    mean = f"{sum(scores) / len(scores):.1f}" if scores else ""
    name = f"[{model.name}]({model.url})" if model.url else model.name
    return f"| `{model.id}` | {name} | {model.licence} | {len(scores)} | {mean} |"


def _size(rows: int) -> str:
    return next((word for limit, word in _SIZES if rows < limit), "n>10M")
