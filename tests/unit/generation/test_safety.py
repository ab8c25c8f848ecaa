import csv

import pytest
from PIL import Image

from gemrec.errors import GenerationCancelledError, GenerationError, GenerationRefusedError
from gemrec.generation import BackendOptions, Drawn, GenerationJob, SafetyOptions
from gemrec.generation.batches import Batches, is_out_of_memory
from gemrec.generation.by_source import SourceBackend
from gemrec.generation.ledger import MemoryLedger
from gemrec.generation.prerendered import PrerenderedBackend
from gemrec.generation.safety import SafetyRules, load_blocked_words
from gemrec.records import Model, ModelSource

MODEL = Model("m", "Mira", ModelSource("local", "/nowhere"))


def job(prompt="a cat", model=MODEL, seeds=(1,)):
    return GenerationJob(model, None, prompt, seeds)


@pytest.mark.parametrize(
    "prompt", ["a Gory scene", "GORY", "gory!", "G\u00d6RY", "very  rude\nword", "rude-word"]
)
def test_blocked_words_are_found_however_they_are_written(prompt):
    ledger = MemoryLedger()
    rules = SafetyRules(SafetyOptions(blocked=("gory", "rude word")), ledger)
    with pytest.raises(GenerationRefusedError, match="owner has blocked"):
        rules.check(job(prompt))
    assert ledger.refusals() == {"blocked_word": 1}


@pytest.mark.parametrize("prompt", ["category", "allegory", "rude", "a word"])
def test_other_words_pass(prompt):
    SafetyRules(SafetyOptions(blocked=("gory", "rude word")), MemoryLedger()).check(job(prompt))


def test_long_prompts_and_mature_models():
    ledger = MemoryLedger()
    rules = SafetyRules(SafetyOptions(prompt_length=5), ledger)
    with pytest.raises(GenerationRefusedError, match="6 characters"):
        rules.check(job("a cats"))
    mature = Model("x", "X", ModelSource("local", "/x"), tags=("content:mature",))
    with pytest.raises(GenerationRefusedError, match="GEMREC_MATURE"):
        rules.check(job("cat", mature))
    assert ledger.refusals() == {"prompt_length": 1, "mature_model": 1}
    SafetyRules(SafetyOptions(mature=True), ledger).check(job("cat", mature))


def test_the_backend_refuses_before_anything_is_made():
    ledger = MemoryLedger()
    backend = SourceBackend(BackendOptions(safety=SafetyOptions(blocked=("gory",))), ledger=ledger)
    with pytest.raises(GenerationRefusedError):
        backend.generate(job("gory"), lambda *_: None, lambda: False)
    assert ledger.refusals() == {"blocked_word": 1}
    assert backend._local._pipelines is None


def test_blocked_words_from_a_file(tmp_path):
    path = tmp_path / "words.txt"
    path.write_text("# rude\ngory\n\n  rude word \n")
    assert load_blocked_words(path) == ("gory", "rude word")
    assert load_blocked_words(None) == ()


class TestBatches:
    def test_halves_until_it_fits_and_remembers(self):
        sizes = []

        def make(seeds):
            sizes.append(len(seeds))
            if len(seeds) > 2:
                raise RuntimeError("CUDA out of memory. Tried to allocate 2 GiB")
            return [Drawn(Image.new("RGB", (1, 1), (seed, 0, 0))) for seed in seeds]

        batches = Batches(lambda: False)
        images = batches.make("key", "Mira", range(9), make)
        assert [drawn.image.getpixel((0, 0))[0] for drawn in images] == list(range(9))
        assert sizes == [9, 4, 2, 2, 2, 2, 1]
        sizes.clear()
        batches.make("key", "Mira", range(4), make)
        assert sizes == [2, 2]

    def test_a_single_image_gets_another_try_after_others_were_dropped(self):
        freed, tries = [True, False], []

        def make(seeds):
            tries.append(1)
            raise MemoryError

        with pytest.raises(GenerationError, match="Mira ran out of memory with a single image"):
            Batches(lambda: freed.pop(0)).make("key", "Mira", [1], make)
        assert len(tries) == 2

    def test_other_errors_are_not_for_it(self):
        with pytest.raises(ValueError, match="other"):
            Batches(lambda: False).make(
                "k", "M", [1], lambda _: (_ for _ in ()).throw(ValueError("other"))
            )
        assert is_out_of_memory(RuntimeError("DefaultCPUAllocator: can't allocate memory: 3 bytes"))
        assert not is_out_of_memory(RuntimeError("shapes differ"))


class TestPrerendered:
    @pytest.fixture
    def folder(self, tmp_path):
        rows = []
        for seed in (3, 5):
            Image.new("RGB", (4, 4), (seed, 0, 0)).save(tmp_path / f"{seed}.png")
            rows.append({"file_name": f"{seed}.png", "prompt": "a cat", "seed": seed, "model": "m"})
        rows.append({"file_name": "3.png", "prompt": "a dog", "seed": 1, "model": "other"})
        with (tmp_path / "metadata.csv").open("w", newline="") as file:
            writer = csv.DictWriter(file, rows[0])
            writer.writeheader()
            writer.writerows(rows)
        return tmp_path

    def make(self, folder, prompt="a cat", seeds=(5, 3), cancelled=lambda: False):
        model = Model("m", "Mira", ModelSource("prerendered", str(folder)))
        images = PrerenderedBackend().generate(
            job(prompt, model, seeds), lambda *_: None, cancelled
        )
        return [drawn.image.getpixel((0, 0))[0] for drawn in images]

    def test_by_prompt_and_seed(self, folder):
        assert self.make(folder) == [5, 3]
        assert self.make(folder, seeds=(0, 1)) == [3, 5]  # other seeds: one of those there are

    def test_errors_say_what_is_missing(self, folder, tmp_path):
        with pytest.raises(GenerationError, match="1 prompts, but none for 'a dog'"):
            self.make(folder, "a dog")
        with pytest.raises(GenerationCancelledError):
            self.make(folder, cancelled=lambda: True)
        backend, model = PrerenderedBackend(), Model("m", "M", ModelSource("prerendered", "/no"))
        assert "have no manifest" in backend.problem(model)
        (folder / "3.png").write_bytes(b"no image")
        with pytest.raises(GenerationError, match="no image that can be read"):
            self.make(folder)

    def test_files_outside_the_folder_are_refused(self, tmp_path):
        (tmp_path / "metadata.jsonl").write_text(
            '{"file_name": "../secret.png", "prompt": "a cat", "seed": 1}\n'
        )
        with pytest.raises(GenerationError, match="allowed: files in"):
            self.make(tmp_path)
