"""Prompt files and the shipped prompt set."""

from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from gemrec.catalog import PromptBook, load_prompts
from gemrec.errors import CatalogError, InputError
from gemrec.records import Prompt
from gemrec.settings import REPOSITORY

SHIPPED = REPOSITORY / "assets" / "prompts.csv"
CATEGORIES = {
    "abstract", "animal", "architecture", "art", "artifact", "food", "illustration", "people",
    "produce & plant", "scenery", "vehicle", "world knowledge",
}  # fmt: skip


def write(folder: Path, text: str, name: str = "prompts.csv") -> Path:
    path = folder / name
    path.write_text(text, "utf-8")
    return path


def test_the_shipped_prompts() -> None:
    book = load_prompts(SHIPPED)
    counts = Counter(prompt.category for prompt in book.prompts)
    assert set(counts) == CATEGORIES
    assert min(counts.values()) >= 8
    assert len({prompt.text for prompt in book.prompts}) == len(book.prompts) >= 96
    assert Prompt("a cat face on a blue background", "animal") in book.prompts


def test_the_shipped_prompts_speak_the_pocket_models_language() -> None:
    vocabulary = pytest.importorskip("gemrec.pocket.vocabulary")
    for prompt in load_prompts(SHIPPED).prompts:
        assert not vocabulary.unknown_words(prompt.text), prompt.text


def test_reading(tmp_path: Path) -> None:
    path = write(
        tmp_path, 'prompt,category\n"a fox, neon", animal\na cat ,\n"a fox, neon",animal\n'
    )
    assert load_prompts(path).prompts == (Prompt("a fox, neon", "animal"), Prompt("a cat", ""))


def test_a_second_file_adds(tmp_path: Path) -> None:
    own = write(
        tmp_path, "category,prompt\nown,a very own prompt\nanimal,a cat face on a blue background\n"
    )
    book = load_prompts(SHIPPED, own)
    assert len(book.prompts) == len(load_prompts(SHIPPED).prompts) + 1
    assert book.categories()[-1] == "own"


def test_empty_books(tmp_path: Path) -> None:
    for book in (load_prompts(), PromptBook(), load_prompts(write(tmp_path, "category,prompt\n"))):
        assert book.categories() == ()
        with pytest.raises(InputError, match="empty"):
            book.sample(np.random.default_rng(0))
        with pytest.raises(InputError, match="empty"):
            book.in_category("animal")


def test_sampling() -> None:
    book = load_prompts(SHIPPED)
    rng = np.random.default_rng(0)
    assert {book.sample(rng, "food").category for _ in range(20)} == {"food"}
    assert {book.sample(rng).category for _ in range(400)} == CATEGORIES
    assert book.sample(np.random.default_rng(5)) == book.sample(np.random.default_rng(5))
    with pytest.raises(InputError, match=r"got 'foods'; allowed: abstract, .*food"):
        book.sample(rng, "foods")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "line 1: got the columns none"),
        ("text,kind\na,b\n", "line 1: got the columns text, kind; allowed: category, prompt"),
        ("category,prompt\nanimal,a fox, neon\n", "line 2: got another number of fields"),
        ("category,prompt\nanimal\n", "line 2: got another number of fields"),
        ("category,prompt\nfood,a pie\nanimal,  \n", "line 3, prompt: got nothing"),
        ('category,prompt\nfood,"a pie\n', "line 2: is not CSV"),
    ],
)
def test_errors_name_file_and_line(tmp_path: Path, text: str, message: str) -> None:
    path = write(tmp_path, text)
    with pytest.raises(CatalogError) as caught:
        load_prompts(path)
    assert str(caught.value).startswith(f"{path}: {message}")


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(CatalogError, match=r"gone\.csv: cannot be read"):
        load_prompts(tmp_path / "gone.csv")
    path = tmp_path / "latin.csv"
    path.write_bytes("category,prompt\na,ü\n".encode("latin-1"))
    with pytest.raises(CatalogError, match="not UTF-8"):
        load_prompts(path)
