"""The package of docs/extending.md, installed as a user would, at work from the command line."""

import json
import os
import re
import signal
import subprocess
import sys
import sysconfig
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
#: Runs several commands, one after the other, in one process.
_COMMANDS = """
import json, sys
from snnrun.__main__ import main
for words in json.loads(sys.argv.pop()):
    sys.argv = ["snnrun", *words]
    try:
        main()
    except SystemExit as end:
        if end.code:
            raise
    print(end="\\0")
"""
_FILE = re.compile(r"`([\w/.]+)`:[^\n]*\n\n```\w+\n(.*?)```", re.S)


@pytest.fixture(scope="module")
def snnrun(tmp_path_factory):
    """A command in a fresh environment in which the package of the page is installed."""
    folder = tmp_path_factory.mktemp("extending")
    files = dict(_FILE.findall((ROOT / "docs" / "extending.md").read_text(encoding="utf-8")))
    assert files.keys() == {
        "pyproject.toml", "my_snn/__init__.py", "my_snn/parts.py", "my_snn/figures.py"
    }  # fmt: skip
    for name, text in files.items():
        path = folder / "package" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", folder / "venv"], check=True)
    python = folder / "venv" / "bin" / "python"
    where = "import sysconfig; print(sysconfig.get_paths()['purelib'])"
    site = subprocess.run([python, "-c", where], capture_output=True, text=True, check=True)
    ours = sysconfig.get_paths()["purelib"]
    lines = f"import site; site.addsitedir({ours!r})\n"  # snnrun and what it needs
    Path(site.stdout.strip(), "ours.pth").write_text(lines, encoding="utf-8")
    pip = [sys.executable, "-m", "pip", "--python", python, "install", "-q", "--no-deps"]
    subprocess.run([*pip, "--no-build-isolation", folder / "package"], check=True)

    def execute(*words):
        done = subprocess.run(
            [python, *map(str, words)], cwd=folder, capture_output=True, text=True, timeout=300
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def run(*arguments):
        return execute("-m", "snnrun", *arguments).strip()

    def several(*commands):
        return execute("-P", "-c", _COMMANDS, json.dumps(commands)).split("\0")[:-1]

    run.python, run.folder, run.several = python, folder, several
    return run


def test_it_is_listed_shown_and_completed(snnrun):
    commands = {
        "list models": "perceptron",
        "list rules": "bptt",
        "list plots": "margins",
        "show thermometer": "neurons of each value",
        "schema": '"const": "rings"',
        "new perceptron": "name: perceptron",
    }
    for command, said in zip(commands, snnrun.several(*map(str.split, commands)), strict=True):
        assert commands[command] in said, command


def test_a_misspelt_name_is_known(snnrun):
    snnrun("new", "perceptron", "typo.yaml")
    words = [str(snnrun.python), "-m", "snnrun", "validate", "typo.yaml", "model.name=perzeptron"]
    done = subprocess.run(words, cwd=snnrun.folder, capture_output=True, text=True)
    assert done.returncode == 2
    assert "did you mean 'perceptron'?" in done.stderr


def config(snnrun, name):
    path = snnrun.folder / f"{name}.yaml"
    text = """
data: {name: rings}
encoder: {name: thermometer}
model: {name: perceptron}
learning: {name: bptt}
train: {epochs: 8, batch_size: 30, optimizer: {name: adam, lr: 0.05}, live_plot: false,
        tensorboard: false}
"""
    path.write_text(text, encoding="utf-8")
    return path


END = "train.epochs=20"


@pytest.fixture(scope="module")
def trained(snnrun):
    """A run, as it was named."""
    return snnrun("train", config(snnrun, "whole"), "--quiet", END)


def test_it_trains_evaluates_and_draws(snnrun, trained):
    found, drawn = snnrun.several(["inference", trained], ["eval", trained])
    assert float(re.search(r"accuracy is ([\d.]+)%", found)[1]) > 90
    names = [Path(line).name for line in drawn.splitlines()]
    assert {"margins.png", "confusion_test.png"} <= set(names)
    kept = json.loads((snnrun.folder / trained / "environment.json").read_text())
    assert kept["plugins"] == {"my_snn": {"package": "my-snn", "version": "1.0"}}


def test_it_stops_and_goes_on_bit_for_bit(snnrun, trained):
    command = [snnrun.python, "-m", "snnrun", "train", config(snnrun, "cut"), END, "--quiet"]
    process = subprocess.Popen([*map(str, command), "--name", "stopped"], cwd=snnrun.folder)
    deadline = time.monotonic() + 120
    while not list(snnrun.folder.glob("experiment_results/stopped_*/checkpoints/last")):
        assert time.monotonic() < deadline
        time.sleep(0.02)
    os.kill(process.pid, signal.SIGTERM)
    assert process.wait(60) == 75
    (cut,) = snnrun.folder.glob("experiment_results/stopped_*")
    snnrun("continue", cut, "--quiet")
    last = Path("checkpoints", "epoch_0020", "weights.safetensors")
    assert (cut / last).read_bytes() == (snnrun.folder / trained / last).read_bytes()


@pytest.mark.slow
def test_it_trains_in_two_processes(snnrun):
    path = config(snnrun, "two")
    done = snnrun("train", path, "--quiet", "--nproc", 2, "train.precision=float64")
    assert (snnrun.folder / done / "checkpoints" / "epoch_0008").is_dir()


def test_a_run_whose_package_is_absent_says_what_to_install(snnrun, trained):
    words = [sys.executable, "-m", "snnrun", "inference", str(snnrun.folder / trained)]
    done = subprocess.run(words, capture_output=True, text=True)
    assert done.returncode == 2
    assert "unknown model 'perceptron'" in done.stderr
    assert "pip install my-snn==1.0" in done.stderr
