"""Pipes, devices and the like in the place of the files of a run: nothing hangs or fills memory."""

import os
import re
import shutil

import pytest

import snnrun
from snnrun.runs.lock import FILES as FILES_OF_A_TRAINING
from tests.bounded import bounded, refusal
from tests.cli.running import run as command
from tests.conftest import ROOT
from tests.runs.checkpoints import sign
from tests.tiny import write_config

LAST = "checkpoints/epoch_0001"
#: What takes the place of a file.
NO_FILES = {
    "pipe": os.mkfifo,
    "device": lambda path: path.symlink_to("/dev/zero"),
    "folder": lambda path: path.mkdir(),
    "loop": lambda path: path.symlink_to(path.name),
}
#: The files without which a command cannot do.
NEEDED = {
    "inference": {
        "config.yaml", "environment.json", f"{LAST}/meta.json", f"{LAST}/weights.safetensors",
        f"{LAST}/optimizer.safetensors", f"{LAST}/state.json",
    },
    "runs": set(),
}  # fmt: skip
NEEDED["share"] = NEEDED["inference"]
NEEDED["continue"] = NEEDED["inference"] | {"status.json", "metrics.jsonl", "history.jsonl"}
OTHERS = ["summary.json", "source.json", "evaluation/epoch_0001/test.npz", "checkpoints/last"]
FILES = [*sorted(NEEDED["continue"]), *OTHERS]


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    folder = tmp_path_factory.mktemp("no_files")
    config = write_config(folder)
    run = snnrun.train(config, ["train.epochs=1", "train.savepoints=[]"], results=folder / "runs")
    snnrun.inference(run)
    (run.path / "source.json").write_text("{}")
    return run.path


@pytest.mark.filterwarnings("ignore::snnrun.errors.SnnrunWarning")
@pytest.mark.parametrize("kind", NO_FILES)
@pytest.mark.parametrize("name", FILES)
def test_what_is_no_file_is_told(trained, tmp_path, name, kind):
    for verb, more in (
        ("inference", ()), ("share", (tmp_path / "copy",)), ("continue", ("--epochs", 2)),
    ):  # fmt: skip
        run = shutil.copytree(trained, tmp_path / verb / "run")
        (run / name).unlink()
        NO_FILES[kind](run / name)
        if name in NEEDED[verb]:
            said = refusal(verb, run, *more)
            assert str(run / name) in said or name == "config.yaml" or kind in ("loop", "folder")
        else:
            with bounded():
                assert command(verb, run, *more)[0] in (0, 3)
    run = shutil.copytree(trained, tmp_path / "runs" / "run")
    (run / name).unlink()
    NO_FILES[kind](run / name)
    with bounded():
        assert command("runs", tmp_path / "runs")[0] == 0


@pytest.mark.parametrize("name", FILES_OF_A_TRAINING[1:])
def test_nothing_is_moved_before_what_is_in_the_way_is_found(trained, tmp_path, name):
    """A pointer that was a folder was found when much had been moved."""
    run = shutil.copytree(trained, tmp_path / "run")
    (run / name).unlink(missing_ok=True)
    (run / name).mkdir()
    before = sorted(path for path in run.rglob("*") if path.name != "lock")
    said = refusal("continue", run, "--epochs", 2)
    assert f"{run / name}" in said
    assert "a folder" in said
    assert sorted(path for path in run.rglob("*") if path.name != "lock") == before


@pytest.mark.parametrize("verb", ["inference", "continue"])
def test_a_run_that_this_machine_has_no_memory_for(trained, tmp_path, verb):
    """Its samples were drawn without an end."""
    run = shutil.copytree(trained, tmp_path / "run")
    for path in [run / "config.yaml", run / LAST / "state.json"]:
        path.write_text(path.read_text().replace("test: 70", f"test: {10**15}"))
    sign(run / LAST)
    with bounded():
        code, _, err = command(verb, run, *(("--epochs", 2) if verb == "continue" else ()))
    assert code == 2
    assert err.startswith("snnrun: data.sizes.test: the samples that are drawn take ")


def test_every_file_is_read_by_what_refuses_others():
    """Whatever else reads a file whole would hang at a pipe."""
    others = re.compile(r"\.read_(bytes|text)\(|open\(.rb|load_file|np\.load\(path|fromfile")
    found = [
        f"{path.name}: {line.strip()}"
        for folder in ("runs", "compat")
        for path in sorted((ROOT / "snnrun" / folder).rglob("*.py"))
        for line in path.read_text().splitlines()
        if others.search(line) and path.name != "lock.py"
    ]
    assert [line for line in found if "/proc/" not in line] == []
