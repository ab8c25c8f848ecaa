"""Worlds of scripted models: no torch, no network, no waiting."""

from pathlib import Path

PROMPTS = "category,prompt\nanimal,a cat face on a blue background\nfood,a pizza\n"


def scripted_model(model_id: str, path: str = "ok", **fields: str) -> str:
    """One catalog entry of a scripted model, in TOML; ``path`` is its script."""
    extra = "".join(f"{key} = {value}\n" for key, value in fields.items())
    return (
        f'[[model]]\nid = "{model_id}"\nname = "The {model_id.title()} Model"\n'
        f'licence = "MIT"\n{extra}'
        f'[model.source]\nkind = "scripted"\npath = "{path}"\n'
        "[model.parameters]\nwidth = 32\nheight = 32\n"
    )


TWO_MODELS = scripted_model("red") + scripted_model("green")


def write_assets(folder: Path, catalog: str = TWO_MODELS) -> Path:
    """Fill an assets folder with a catalog and two prompts."""
    folder.mkdir(exist_ok=True)
    (folder / "models.toml").write_text(catalog)
    (folder / "prompts.csv").write_text(PROMPTS)
    return folder
