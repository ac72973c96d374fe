"""Configs of data sets that are not at hand: each trains on a few samples in the real formats."""

from pathlib import Path

import numpy as np
import pytest

import snnrun
from snnrun.core.capabilities import Capability
from tests.data.conftest import write_cifar
from tests.data.recordings import drawn, packet, write_aedat3, write_gestures, write_spikes

CONFIGS = Path(__file__).parent.parent.parent / "configs"
SHORT = ("train.epochs=1", "train.live_plot=false", "train.tensorboard=false", "train.threads=1")


@pytest.fixture
def root(tmp_path, monkeypatch):
    """A data folder."""
    monkeypatch.setenv("SNNRUN_DATA", str(tmp_path))
    return tmp_path


@pytest.fixture
def shd(root):
    """Words of 40 spikes."""
    random = np.random.default_rng(3)
    for part, labels in (("train", [0, 7] * 10), ("test", [0, 7])):
        samples = [
            (sorted(random.uniform(0, 1.3, 40)), list(random.integers(700, size=40)))
            for _ in labels
        ]
        write_spikes(root / "SHD" / f"shd_{part}.h5", samples, labels)


@pytest.fixture
def gesture(root):
    """Five recordings that train and validate, and one that tests, of 11 gestures each."""
    folder, random = root / "DvsGesture", np.random.default_rng(4)
    for user in range(6):
        write_aedat3(folder / f"user{user}.aedat", packet(drawn(random, 1200, 128)))
        labels = [(c, 1000 * (c - 1), 1000 * c) for c in range(1, 12)]
        write_gestures(folder / f"user{user}_labels.csv", labels)
    (folder / "trials_to_train.txt").write_text("".join(f"user{u}.aedat\n" for u in range(5)))
    (folder / "trials_to_test.txt").write_text("user5.aedat\n")


@pytest.fixture
def cifar(root, monkeypatch):
    """Fifteen images to train and validate, four to test."""
    write_cifar("CIFAR10", root, monkeypatch)


CASES = [
    ("shd_recurrent", "shd", ["train.batch_size=9"]),
    ("vgg_dvs128", "gesture", ["model.width=2", "train.batch_size=22"]),
    ("vgg11_cifar10", "cifar", ["model.width=4", "train.batch_size=7"]),
    ("sew_resnet18_cifar10", "cifar", ["model.width=4", "train.batch_size=7"]),
]


@pytest.mark.parametrize(("name", "files", "small"), CASES, ids=[name for name, *_ in CASES])
def test_a_config_trains_on_files_in_the_format_of_its_data(name, files, small, request, root):
    request.getfixturevalue(files)
    run = snnrun.train(CONFIGS / f"{name}.yaml", [*SHORT, *small], results=root / "results")
    assert run.status()["state"] == "finished"
    first, last = (snnrun.load(run, epoch).state_dict() for epoch in (0, 1))
    kept = {key for key, each in last.items() if each.equal(first[key])}
    weights = {key for key in last if key.endswith(("weights", "weight", "recurrent"))}
    assert weights
    assert not weights & kept
    assert np.isfinite(snnrun.inference(run).loss)


@pytest.mark.parametrize("name", [name for name, *_ in CASES])
def test_a_config_says_that_it_was_not_measured(name):
    assert "never run on the real data here" in (CONFIGS / f"{name}.yaml").read_text()
    assert Capability.OUTPUTS in snnrun.load_config(CONFIGS / f"{name}.yaml").offers
