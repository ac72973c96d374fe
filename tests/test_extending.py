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

    def run(*arguments, code=0):
        words = [str(python), "-m", "snnrun", *map(str, arguments)]
        done = subprocess.run(words, cwd=folder, capture_output=True, text=True, timeout=300)
        assert done.returncode == code, done.stdout + done.stderr
        return done.stdout.strip()

    run.python, run.folder = python, folder
    return run


def test_it_is_listed_shown_and_completed(snnrun):
    assert "perceptron" in snnrun("list", "models")
    assert "bptt" in snnrun("list", "rules")
    assert "margins" in snnrun("list", "plots")
    assert "neurons of each value" in snnrun("show", "thermometer")
    assert '"const": "rings"' in snnrun("schema")
    assert "name: perceptron" in snnrun("new", "perceptron")


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
train: {epochs: 8, batch_size: 30, optimizer: {name: adam, lr: 0.05}, tensorboard: false}
"""
    path.write_text(text, encoding="utf-8")
    return path


def test_it_trains_evaluates_and_draws(snnrun):
    run = snnrun("train", config(snnrun, "whole"), "--quiet")
    assert float(re.search(r"accuracy is ([\d.]+)%", snnrun("inference", run))[1]) > 90
    drawn = [Path(line).name for line in snnrun("eval", run).splitlines()]
    assert {"margins.png", "confusion_test.png"} <= set(drawn)
    kept = json.loads((snnrun.folder / run / "environment.json").read_text())
    assert kept["plugins"] == {"my_snn": {"package": "my-snn", "version": "1.0"}}


def test_it_stops_and_goes_on_bit_for_bit(snnrun):
    path = config(snnrun, "cut")
    whole = snnrun.folder / snnrun("train", path, "--quiet", "train.epochs=60")
    words = [str(snnrun.python), "-m", "snnrun", "train", str(path), "--quiet", "--name", "stopped"]
    process = subprocess.Popen([*words, "train.epochs=60"], cwd=snnrun.folder)
    deadline = time.monotonic() + 60
    while not list(snnrun.folder.glob("experiment_results/stopped_*/checkpoints/epoch_0001")):
        assert time.monotonic() < deadline
        time.sleep(0.02)
    os.kill(process.pid, signal.SIGTERM)
    assert process.wait(60) == 75
    (cut,) = snnrun.folder.glob("experiment_results/stopped_*")
    snnrun("continue", cut, "--quiet")
    last = Path("checkpoints", "epoch_0060", "weights.safetensors")
    assert (cut / last).read_bytes() == (whole / last).read_bytes()


def test_it_trains_in_two_processes(snnrun):
    path = config(snnrun, "two")
    done = snnrun("train", path, "--quiet", "--nproc", 2, "train.precision=float64")
    assert (snnrun.folder / done / "checkpoints" / "epoch_0008").is_dir()


def test_a_run_whose_package_is_absent_says_what_to_install(snnrun):
    run = snnrun("train", config(snnrun, "alone"), "--quiet", "train.epochs=1")
    words = [sys.executable, "-m", "snnrun", "inference", str(snnrun.folder / run)]
    done = subprocess.run(words, capture_output=True, text=True)
    assert done.returncode == 2
    assert "unknown model 'perceptron'" in done.stderr
    assert "pip install my-snn==1.0" in done.stderr
