"""README.md must stay true: its tables, its tree and its list of layers."""

import re
import tomllib
from pathlib import Path

from docs import reference

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text("utf-8")


def block_before(marker: str, after: str) -> str:
    """The first fenced block between two texts."""
    part = README[README.index(after) : README.index(marker)]
    return part.split("```")[1]


def test_tables_are_what_the_code_says():
    assert reference.command_table() in README
    assert reference.settings_table() in README
    assert reference.preload() in README
    assert reference.schema_tables() in (ROOT / "docs" / "schema.md").read_text("utf-8")


def test_guides_lead_somewhere():
    """Every link and picture of every page is a file of this repository."""
    pages = [ROOT / name for name in ("README.md", "CONTRIBUTING.md", "SECURITY.md")]
    for page in [*pages, *(ROOT / "docs").glob("*.md")]:
        for target in re.findall(r"\]\(([^)#\s]+)", page.read_text("utf-8")):
            if not target.startswith(("http://", "https://")):
                assert (page.parent / target).exists(), f"{page.name} names {target}"


def test_security_names_tests_that_exist():
    names = re.findall(r"`((?:tests|test_)[\w/.]+)`", (ROOT / "SECURITY.md").read_text("utf-8"))
    assert names
    for name in names:
        assert (ROOT / name).exists() or list((ROOT / "tests").rglob(name)), name


def test_tree_names_every_package_and_nothing_else():
    tree = block_before("Imports point down", after="## The code")
    inside = tree[tree.index("gemrec/\n") : tree.index("tests/")]
    named = set(re.findall(r"([a-z_]+)(?:/|\.py)", inside)) - {"gemrec"}
    present = {
        path.stem
        for path in (ROOT / "gemrec").iterdir()
        if path.suffix == ".py" or (path / "__init__.py").exists()
    }
    assert named == {name for name in present if not name.startswith("_")}


def test_layers_are_those_that_are_checked():
    config = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    checked = config["tool"]["importlinter"]["contracts"][0]["layers"]
    told = block_before("Heavy libraries", after="Imports point down").strip().splitlines()
    there = [[p for p in layer.split(" | ") if p[0] != "("] for layer in checked]
    present = [" | ".join(parts) for parts in there if parts and parts != ["__main__"]]
    assert told == present
