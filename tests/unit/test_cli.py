"""Every command with good and with wrong input, as people run it: words in, code and text out."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image

from gemrec.catalog import load_catalog
from gemrec.cli import main
from tests.loopback import Answer, serve
from tests.loopback_civitai import CivitaiSite, listed_model
from tests.scripted import scripted_model, write_assets

COMMANDS = ("generate", "build", "leaderboard", "recommend", "models", "prompts", "score", "doctor")
PROMPT = "a cat face on a blue background"
MODELS = "".join(map(scripted_model, ("red", "green", "blue"))) + scripted_model(
    "old", retired="true"
)
REPOSITORY = Path(__file__).resolve().parents[2]


@pytest.fixture
def run(tmp_path, monkeypatch, capfd):
    """Run a command in a world of three scripted models; returns (code, stdout, stderr lines)."""
    monkeypatch.setenv("GEMREC_ASSETS", str(write_assets(tmp_path / "assets", MODELS)))
    monkeypatch.setenv("GEMREC_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("GEMREC_BACKEND", "scripted")
    monkeypatch.delenv("GEMREC_DB", raising=False)

    def run(*words):
        code = main([str(word) for word in words])
        captured = capfd.readouterr()
        return code, captured.out, captured.err.splitlines()

    return run


def as_json(run, *words):
    code, out, _ = run(*words, "--json")
    assert code == 0
    return json.loads(out)


class TestHelp:
    @pytest.mark.parametrize("command", COMMANDS)
    def test_every_command_and_option_has_a_sentence(self, run, command, monkeypatch):
        monkeypatch.setenv("COLUMNS", "80")
        code, out, err = run(command, "--help")
        assert code == 0
        assert not err
        assert "--db" in out
        assert "--json" in out
        assert max(map(len, out.splitlines())) <= 80

    def test_without_words_the_commands_are_listed(self, run):
        code, out, err = run()
        assert (code, err) == (0, [])
        assert all(command in out for command in COMMANDS)

    def test_as_a_module(self):
        done = subprocess.run(
            [sys.executable, "-m", "gemrec", "nonsense"],
            capture_output=True, text=True, cwd=REPOSITORY, check=False,
        )  # fmt: skip
        assert done.returncode == 2
        assert len(done.stderr.splitlines()) == 1


class TestWrongInput:
    @pytest.mark.parametrize(
        ("words", "says"),
        [
            (["nonsense"], ["nonsense", "generate, build, leaderboard"]),
            (["generate"], ["--prompt", "got nothing"]),
            (["generate", "--prompt", " "], ["prompt", "got nothing", "allowed"]),
            (["generate", "--prompt", "x" * 301], ["prompt", "301", "300"]),
            (["generate", "--prompt", PROMPT, "--models", "rde"], ["rde", "red"]),
            (["generate", "--prompt", PROMPT, "--models", ","], ["models", "red, green, blue"]),
            (["generate", "--prompt", PROMPT, "--images", "0"], ["--images", "0", "1 to 64"]),
            (["generate", "--prompt", PROMPT, "--images", "two"], ["--images", "two", "1 to 64"]),
            (["generate", "--prompt", PROMPT, "--seed", "-1"], ["--seed", "-1", "0 to"]),
            (["leaderboard", "--category", "nope"], ["category", "nope", "animal, food"]),
            (["leaderboard", "--method", "x"], ["--method: got 'x'; allowed: davidson, bt, elo"]),
            (
                ["leaderboard", "--cluster", "it's"],
                ["--cluster", "it's", "annotator, prompt, none"],
            ),
            (["leaderboard", "--annotator", "Zoe"], ["annotator: got 'Zoe'", "nobody has voted"]),
            (["leaderboard", "--campaign", "s9"], ["campaign: got 's9'", "no study has votes"]),
            (["leaderboard", "--since", "soon"], ["since: got 'soon'", "2026-03-01"]),
            (["leaderboard", "--votes", "gone.csv"], ["votes: got 'gone.csv'", "CSV file"]),
            (["recommend"], ["--prompt", "got nothing"]),
            (["recommend", "--prompt", ""], ["prompt", "got nothing", "allowed"]),
            (["recommend", "--prompt", PROMPT, "--k", "0"], ["--k", "0", "1 to 50"]),
            (["recommend", "--prompt", PROMPT, "--annotator", " "], ["annotator", "empty"]),
            (["prompts", "--category", "nope"], ["category", "nope", "animal, food"]),
            (["models", "--nope"], ["--nope"]),
            (["doctor", "--nope"], ["--nope"]),
            (["models", "extra"], ["extra"]),
        ],
        ids=lambda value: " ".join(value)[:40] if isinstance(value, list) else None,
    )
    def test_code_2_and_one_line(self, run, words, says):
        code, out, err = run(*words)
        assert code == 2
        assert out == ""
        assert len(err) == 1
        for word in says:
            assert word in err[0]

    @pytest.mark.parametrize(
        "command", ["generate", "leaderboard", "recommend", "models", "prompts"]
    )
    def test_a_file_that_is_no_database(self, run, tmp_path, command):
        path = tmp_path / "notes.txt"
        path.write_text("not a database at all " * 100)
        needed = ["--prompt", PROMPT] if command in ("generate", "recommend") else []
        code, out, err = run(command, *needed, "--db", path)
        assert (code, out, len(err)) == (2, "", 1)
        assert str(path) in err[0]

    def test_a_bad_environment_variable(self, run, monkeypatch):
        monkeypatch.setenv("GEMREC_PORT", "many")
        code, _, err = run("models")
        assert (code, len(err)) == (2, 1)
        assert "GEMREC_PORT" in err[0]

    def test_a_bad_catalog(self, run, tmp_path):
        (tmp_path / "assets" / "models.toml").write_text('[[model]]\nid = "red"\n')
        code, _, err = run("models")
        assert (code, len(err)) == (2, 1)
        assert "models.toml" in err[0]

    def test_an_out_that_is_a_file(self, run, tmp_path):
        (tmp_path / "out").write_text("")
        words = ("generate", "--prompt", PROMPT, "--models", "red", "--images", 1)
        code, out, err = run(*words, "--out", tmp_path / "out")
        assert code == 2
        assert out == ""
        assert "out: got" in err[-1]


class TestGenerate:
    def test_json_and_files(self, run, tmp_path):
        code, out, err = run(
            "generate", "--prompt", PROMPT, "--models", "red, blue", "--images", 2, "--seed", 5,
            "--out", tmp_path / "out", "--json",
        )  # fmt: skip
        assert code == 0
        images = json.loads(out)["images"]
        assert [(i["model"], i["seed"]) for i in images] == [
            ("red", 5), ("red", 6), ("blue", 5), ("blue", 6),
        ]  # fmt: skip
        assert all(set(i) == {"model", "prompt", "seed", "file", "seconds"} for i in images)
        assert {i["prompt"] for i in images} == {PROMPT}
        assert len(list((tmp_path / "out").iterdir())) == 4
        for image in images:
            with Image.open(image["file"]) as picture:
                assert picture.size == (32, 32)
        assert err[-1] == "4 images: 100%"

    def test_all_means_those_on_offer_and_a_second_run_makes_nothing_new(self, run):
        words = ("generate", "--prompt", PROMPT, "--images", 1)
        first, second = as_json(run, *words), as_json(run, *words)
        assert {i["model"] for i in first["images"]} == {"red", "green", "blue"}
        assert first == second

    def test_people_get_a_table(self, run):
        code, out, _ = run("generate", "--prompt", PROMPT, "--models", "red", "--images", 1)
        assert code == 0
        assert "1 image" in out
        assert "red" in out

    def test_a_model_that_fails_does_not_stop_the_others(self, run, tmp_path):
        (tmp_path / "assets" / "models.toml").write_text(MODELS + scripted_model("bad", "fail"))
        code, out, err = run("generate", "--prompt", PROMPT, "--models", "bad,red", "--json")
        assert code == 1
        assert [i["model"] for i in json.loads(out)["images"]] == ["red"] * 4
        assert "bad" in err[-1]

    def test_a_model_that_cannot_run_here(self, run, tmp_path):
        (tmp_path / "assets" / "models.toml").write_text(MODELS + scripted_model("gone", "missing"))
        code, out, err = run("generate", "--prompt", PROMPT, "--models", "gone")
        assert (code, out, len(err)) == (2, "", 1)
        assert "'gone' cannot run here" in err[0]

    def test_an_empty_catalog(self, run, tmp_path):
        (tmp_path / "assets" / "models.toml").write_text("")
        code, _, err = run("generate", "--prompt", PROMPT)
        assert (code, len(err)) == (2, 1)
        assert "doctor" in err[0]

    def test_unknown_words_are_told_when_pocket_models_draw(self, run, tmp_path):
        (tmp_path / "assets" / "models.toml").write_text(
            scripted_model("small", tags='["family:pocket"]')
        )
        code, out, err = run("generate", "--prompt", "a tigger on blue", "--images", 1, "--json")
        assert code == 0
        json.loads(out)
        assert "'tigger'" in err[0]
        assert "tiger" in err[0]


class TestReading:
    def test_leaderboard(self, run):
        document = as_json(run, "leaderboard")
        assert document["votes"] == 0
        assert {row["model"] for row in document["rows"]} >= {"red", "green", "blue"}
        assert as_json(run, "leaderboard", "--category", "animal")["category"] == "animal"
        code, out, err = run("leaderboard")
        assert (code, err) == (0, [])
        assert "0 votes" in out

    def test_recommend(self, run):
        as_json(run, "generate", "--prompt", PROMPT, "--images", 1)
        document = as_json(run, "recommend", "--prompt", PROMPT, "--k", 2)
        assert document["votes_applied"] == 0
        assert len(document["models"]) == 2
        assert all(row["reason"] for row in document["models"])
        assert len(document["images"]) == 2  # by the two models recommended
        for image in document["images"]:
            assert Path(image["url"].removeprefix("file://")).is_file()
        code, out, _ = run("recommend", "--prompt", PROMPT)
        assert code == 0
        assert "Models to run" in out

    def test_limits_leave_models_out_and_say_which(self, run):
        document = as_json(run, "recommend", "--prompt", PROMPT, "--max-seconds", 1)
        assert document["models"] == []
        assert {row["reason"] for row in document["left_out"]} == {"its speed is not known"}

    def test_an_example_that_is_no_picture_is_refused(self, run, tmp_path):
        path = tmp_path / "example.png"
        path.write_text("no picture")
        code, out, err = run("recommend", "--prompt", PROMPT, "--like", path, "--json")
        assert (code, out) == (2, "")
        assert "--like" in err[-1] and "allowed: an image file" in err[-1]

    def test_words_that_say_nothing_are_refused(self, run):
        code, _, err = run("recommend", "--prompt", PROMPT, "--words", "please", "--json")
        assert code == 2
        assert "more colourful, less cartoon" in err[-1]

    def test_a_new_annotator_is_told_and_not_created(self, run):
        code, out, err = run("recommend", "--prompt", PROMPT, "--annotator", "Zoe", "--json")
        assert code == 0
        assert json.loads(out)["votes_applied"] == 0
        assert "Zoe" in err[0]

    def test_models(self, run):
        document = as_json(run, "models")
        assert {m["id"]: m["retired"] for m in document["models"]} == {
            "red": False, "green": False, "blue": False, "old": True,
        }  # fmt: skip
        code, out, _ = run("models")
        assert code == 0
        assert "retired" in out

    def test_prompts(self, run):
        assert len(as_json(run, "prompts")["prompts"]) == 2
        assert as_json(run, "prompts", "--category", "food") == {
            "prompts": [{"prompt": "a pizza", "category": "food"}]
        }
        assert "a pizza" in run("prompts")[1]

    def test_db_is_obeyed(self, run, tmp_path):
        path = tmp_path / "elsewhere" / "my.db"
        as_json(run, "leaderboard", "--db", path)
        assert path.exists()
        assert not (tmp_path / "data" / "gemrec.db").exists()


class TestDoctor:
    def test_all_is_well_before_and_after_the_first_use(self, run, tmp_path):
        document = as_json(run, "doctor")
        assert document["ok"]
        names = [check["name"] for check in document["checks"]]
        assert {"database", "images", "models", "encoder", "disk", "gpu", "model red"} <= set(names)
        assert not (tmp_path / "data" / "gemrec.db").exists()
        as_json(run, "generate", "--prompt", PROMPT, "--images", 1)
        assert as_json(run, "doctor")["ok"]
        assert "Everything is in place" in run("doctor")[1]

    @pytest.mark.parametrize(
        ("break_it", "name"),
        [
            (lambda t: (t / "data").mkdir() or (t / "data" / "gemrec.db").write_text("x" * 500),
             "database"),
            (lambda t: (t / "assets" / "models.toml").write_text(scripted_model("red")), "models"),
            (lambda t: (t / "assets" / "models.toml").write_text("[[model]"), "models"),
            (lambda t: (t / "assets" / "prompts.csv").unlink(), "prompts"),
            (lambda t: (t / "data").write_text(""), "images"),
        ],
    )  # fmt: skip
    def test_what_is_broken_is_named_with_advice(self, run, tmp_path, break_it, name):
        break_it(tmp_path)
        code, out, _ = run("doctor", "--json")
        document = json.loads(out)
        assert (code, document["ok"]) == (1, False)
        broken = {c["name"]: c for c in document["checks"] if c["status"] == "broken"}
        assert broken[name]["advice"]
        assert run("doctor")[0] == 1

    def test_a_model_that_cannot_run_is_a_warning_with_its_reason(self, run, tmp_path):
        (tmp_path / "assets" / "models.toml").write_text(MODELS + scripted_model("gone", "missing"))
        checks = {c["name"]: c for c in as_json(run, "doctor")["checks"]}
        assert checks["model gone"]["status"] == "warn"
        assert "put its files in place" in checks["model gone"]["detail"]

    def test_a_lost_image_file_is_found(self, run, tmp_path):
        as_json(run, "generate", "--prompt", PROMPT, "--images", 1)
        next((tmp_path / "data" / "images").rglob("*.webp")).unlink()
        code, out, _ = run("doctor", "--json")
        assert code == 1
        assert "1 of 3 images" in out


def test_services_and_cli_start_without_heavy_imports():
    script = (
        "import sys, gemrec.cli\n"
        "heavy = {'torch', 'diffusers', 'open_clip', 'transformers', 'gradio'}\n"
        "print(sorted(heavy & set(sys.modules)))"
    )
    done = subprocess.run(  # noqa: S603 - our own interpreter and words
        [sys.executable, "-c", script], capture_output=True, text=True, cwd=REPOSITORY, check=True
    )
    assert done.stdout.strip() == "[]"


class TestScore:
    def test_every_image_has_every_score(self, run):
        made = as_json(run, "generate", "--prompt", PROMPT, "--images", 2)
        found = as_json(run, "score", "--prompt", PROMPT, "--weights", "1,0.8,0.2,0,0.5")
        assert len(found["images"]) == len(made["images"]) == 6
        assert found["weights"]["preference"] == 0.5
        for row in found["images"]:
            assert -100 <= row["raw"]["prompt_match"] <= 100
            assert row["raw"]["safety"] is None
            assert all(0 <= value <= 1 for value in row["normalised"].values())
        scores = [row["score"] for row in found["images"]]
        assert scores == sorted(scores, reverse=True)

    def test_what_is_wrong_is_said(self, run):
        code, _, err = run("score", "--prompt", "never drawn")
        assert (code, len(err)) == (2, 1)
        assert "generate" in err[0]
        for weights in ("1,x", "1,1,1,1,1,1", "-1"):
            code, _, err = run("score", "--prompt", PROMPT, f"--weights={weights}")
            assert (code, len(err)) == (2, 1)
            assert "allowed" in err[0]


class TestFetchCivitai:
    @pytest.fixture
    def site(self, monkeypatch):
        models = [listed_model(n, 10 ** (n % 5) * 7) for n in range(1, 61)]
        models.sort(key=lambda model: -model["stats"]["downloadCount"])
        built = CivitaiSite(models, page=25)
        built.answers = [Answer(status=429, headers={"Retry-After": "0"})]
        with serve(built) as url:
            monkeypatch.setenv("GEMREC_CIVITAI_URL", url)
            yield built

    def test_a_sample_becomes_a_catalog(self, run, site, tmp_path):
        out = tmp_path / "civitai.toml"
        words = ("models", "fetch", "civitai", "--count", 20, "--by-popularity", "--out", out)
        document = as_json(run, *words)
        assert (len(document["models"]), document["listed"]) == (20, 60)
        assert {model["downloads"] for model in document["models"]} == {7, 70, 700, 7000, 70000}
        catalog = load_catalog(out)
        assert len(catalog.models) == 20
        assert as_json(run, *words)["models"] == document["models"]  # the same seed

    def test_the_most_downloaded_and_their_files(self, run, site, tmp_path):
        out = tmp_path / "civitai.toml"
        words = ("models", "fetch", "civitai", "--count", 2, "--out", out, "--download")
        document = as_json(run, *words)
        assert {model["downloads"] for model in document["models"]} == {70000}
        assert all(Path(m.source.path).is_file() for m in load_catalog(out).models.values())

    def test_models_alone_still_lists(self, run):
        code, out, _ = run("models")
        assert code == 0
        assert "4 models" in out
