"""Recordings of events as samples: to the bit as in an evaluation of the set they are from."""

import h5py
import numpy as np
import pytest

import snnrun
from snnrun.data.files import data_folder
from snnrun.data.sets import cifar10_dvs, dvs128_gesture, n_mnist
from snnrun.errors import DataError
from snnrun.evaluation.evaluate import evaluate_run
from snnrun.predicting import predict
from tests.data.recordings import write_event_sets

#: Where the test recordings of a set lie.
TEST = {
    "n_mnist": lambda: n_mnist.recordings(data_folder() / "N-MNIST" / "Test"),
    "cifar10_dvs": lambda: cifar10_dvs.recordings(data_folder() / "CIFAR10-DVS")[4::5],
    "dvs128_gesture": lambda: dvs128_gesture.recordings(data_folder() / "DvsGesture", "test", 11),
}


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    folder = tmp_path_factory.mktemp("recordings")
    write_event_sets(folder)
    return folder


@pytest.fixture
def trained(root, monkeypatch, tmp_path):
    """Trains a small network on a set."""
    monkeypatch.setenv("SNNRUN_DATA", str(root))

    def train(name):
        data = {"name": name, "keep": False}
        data |= {"units": 70, "bins": 5} if name == "shd" else {"size": 16, "frames": 4}
        config = {
            "data": data,
            "encoder": "given",
            "model": {
                "name": "lif",
                "layers": [{"size": 8, "threshold": 0.1}],
                "readout": {"name": "leaky"},
            },
            "learning": {"name": "surrogate"},
            "train": {
                "epochs": 1,
                "batch_size": 50,
                "threads": 1,
                "live_plot": False,
                "tensorboard": False,
            },
        }
        return snnrun.train(config, results=tmp_path)

    return train


@pytest.mark.parametrize("name", TEST)
def test_recordings_get_the_answers_that_inference_gives(trained, name):
    run = trained(name)
    told = evaluate_run(run, None, "test", ("answers",)).of("answers")
    files = list(dict.fromkeys(each.path for each in TEST[name]()))
    found = predict(run, files)
    assert np.array_equal(found.scores, told["scores"])
    assert np.array_equal(found.labels, told["predictions"])
    assert len({*map(tuple, found.scores.tolist())}) > 1
    assert set(found.files) == set(map(str, files))


@pytest.mark.parametrize("labelled", [True, False])
def test_spoken_words_need_no_labels(trained, root, tmp_path, labelled):
    run = trained("shd")
    told = evaluate_run(run, None, "test", ("answers",)).of("answers")
    words = tmp_path / "words.h5"
    words.write_bytes((root / "SHD" / "shd_test.h5").read_bytes())
    if not labelled:
        with h5py.File(words, "r+") as file:
            del file["labels"]
    found = predict(run, words)
    assert np.array_equal(found.scores, told["scores"])
    assert found.index.tolist() == list(range(len(found)))


def test_gestures_without_labels_beside_them_are_one_sample(trained, root, tmp_path):
    run, (first, *_) = trained("dvs128_gesture"), TEST["dvs128_gesture"]()
    alone = tmp_path / "alone.aedat"
    alone.write_bytes(first.path.read_bytes())
    assert len(predict(run, alone)) == 1 < len(predict(run, first.path))


def test_a_folder_and_what_is_wrong_with_a_recording(trained, tmp_path):
    run = trained("n_mnist")
    folder = data_folder() / "N-MNIST" / "Test"
    assert len(predict(run, folder)) == 10
    (tmp_path / "cut.bin").write_bytes(b"123456")
    with pytest.raises(DataError, match=r"cut\.bin: has 6 bytes; expected a multiple of 5"):
        predict(run, tmp_path / "cut.bin")
    (tmp_path / "a.pdf").write_bytes(b"%PDF")
    with pytest.raises(DataError, match=r"a\.pdf: is of no known kind; expected .*\.txt, \.bin, a"):
        predict(run, tmp_path / "a.pdf")
