"""Files of other programs and data files, written here; and what reads them."""

import json
import shutil
import warnings
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from PIL import Image

import snnrun
from snnrun.compat import export_run, open_run
from snnrun.compat.bindsnet.importing import import_file as import_bindsnet
from snnrun.compat.bindsnet.reading import read as read_bindsnet
from snnrun.compat.nir.importing import import_file as import_nir
from snnrun.data import DATASETS, load_dataset
from snnrun.experiment import load_config
from snnrun.runs.folder import RunDir
from tests.compat.foreign import save_history, save_run
from tests.compat.originals import FIRST, SECOND
from tests.compat.sbs_originals import save_first, save_patterns, save_second
from tests.compat.test_nir_runs import run_of
from tests.conftest import ROOT
from tests.data import recordings
from tests.faults.bases import steady

GOLDEN = ROOT / "tests" / "golden"
_RANDOM = np.random.default_rng(0)
#: Of the images of a network that is imported: a few, which are quickly shown.
_DATA = "data={name: arrays, train: {values: x.npy, targets: y.npy}, validation: test, test: 0.5}"


class Program(NamedTuple):
    """Something that another program leaves behind.

    make: writes it into a folder, which is there.
    read: makes something of the folder, in another one.
    often: how often it is tried.
    """

    make: Callable[[Path], object]
    read: Callable[[Path, Path], object]
    often: float = 1.0


# ---- result folders and networks ----


def _of_fastanddeep(plain: dict[str, Any], zipped: bool) -> Callable[[Path], object]:
    def make(folder: Path) -> None:
        folder.rmdir()
        save_run(folder, plain, zipped, epochs=(2,))
        save_history(folder / "epoch_2", plain, 2)

    return make


def _opened(folder: Path, out: Path) -> object:
    return open_run(folder, None, out)


def _bindsnet(folder: Path) -> None:
    shutil.copy(GOLDEN / "correlation" / "bindsnet_saved.pt", folder / "net.pt")
    _images(folder)


def _images(folder: Path, samples: int = 20) -> None:
    np.save(folder / "x.npy", _RANDOM.random((samples, 1, 8, 8), np.float32))
    np.save(folder / "y.npy", np.arange(samples) % 10)


def _of_file(name: str, read: Callable[..., object], *more: Any) -> Callable[[Path, Path], object]:
    return lambda folder, out: read(folder / name, *more, **({"results": out} if more else {}))


def _nir(folder: Path) -> None:
    with steady(), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        run = run_of(folder)
        export_run(run.path, "nir", folder / "net.nir")
    shutil.rmtree(folder / "runs")
    (folder / "config.yaml").unlink()
    _images(folder)


def _format1(name: str) -> Callable[[Path], object]:
    def make(folder: Path) -> None:
        folder.rmdir()
        shutil.copytree(GOLDEN / "format1" / name, folder)
        shutil.rmtree(folder / "expected")

    return make


def _loaded(folder: Path, out: Path) -> object:
    run = RunDir.open(folder)
    run.logged()
    return snnrun.load(run)


# ---- data ----


def _read_data(name: str, **said: Any) -> Callable[[Path, Path], object]:
    """Return what reads a few samples of each split of a data set."""

    def read(folder: Path, out: Path) -> object:
        data = load_dataset(DATASETS[name].settings(**said))
        return [source.read(np.arange(min(3, len(source)))) for _, source in data.splits()]

    return read


def _configured(**said: Any) -> Callable[[Path, Path], object]:
    """Return what reads a data set, of which a config leaves out what its files say."""

    def read(folder: Path, out: Path) -> object:
        config = ROOT / "configs" / "first_spike_yin_yang.yaml"
        data = load_dataset(load_config(config, [f"data={json.dumps(said)}"]).data)
        return [source.read(np.arange(min(3, len(source)))) for _, source in data.splits()]

    return read


def _arrays(folder: Path) -> None:
    np.save(folder / "x.npy", _RANDOM.random((12, 5)))
    np.save(folder / "y.npy", np.arange(12) % 3)


def _archive(folder: Path) -> None:
    np.savez(folder / "xy.npz", x=np.arange(60, dtype=np.uint8).reshape(12, 5), y=np.arange(12) % 3)


def _table(folder: Path) -> None:
    rows = [f"0.{n}1,{n % 7}.5,{'abc'[n % 3]}" for n in range(12)]
    (folder / "table.csv").write_text("\n".join(["x,y,class", *rows]) + "\n")


def _pictures(folder: Path) -> None:
    for name in ("cat", "dog", "fish"):
        (folder / "pets" / name).mkdir(parents=True)
        for number, end in enumerate(("png", "jpg", "bmp", "gif")):
            image = _RANDOM.integers(256, size=(6, 8, 3), dtype=np.uint8)
            Image.fromarray(image).save(folder / "pets" / name / f"{number}.{end}")


def _n_mnist(folder: Path) -> None:
    for part, each in (("Train", 2), ("Test", 1)):
        for number in range(10 * each):
            path = folder / "N-MNIST" / part / str(number % 10) / f"{number + 1:05d}.bin"
            recordings.write_bin(path, recordings.drawn(_RANDOM, 20, 34))


def _cifar10_dvs(folder: Path) -> None:
    for name in recordings.CLASSES:
        for number in range(10):
            path = folder / "CIFAR10-DVS" / name / f"cifar10_{name}_{number}.aedat"
            recordings.write_aedat2(path, recordings.drawn(_RANDOM, 9, 128))


def _gestures(folder: Path) -> None:
    own = folder / "DvsGesture"
    for split, users in (("train", (1, 2)), ("test", (6,))):
        names = [f"user{user:02d}_led.aedat" for user in users]
        for name in names:
            packet = recordings.packet(recordings.drawn(_RANDOM, 400, 128))
            recordings.write_aedat3(own / name, packet)
            rows = [(c, 10 * c * 30, 10 * (c * 30 + 25)) for c in range(1, 12)]
            recordings.write_gestures(own / name.replace(".aedat", "_labels.csv"), rows)
        (own / f"trials_to_{split}.txt").write_text("\n".join(names) + "\n")


def _spikes(folder: Path) -> None:
    for part, count in (("train", 40), ("test", 20)):
        samples = [(np.sort(_RANDOM.random(9)).tolist(), _RANDOM.integers(700, size=9).tolist())
                   for _ in range(count)]  # fmt: skip
        path = folder / "SHD" / f"shd_{part}.h5"
        recordings.write_spikes(path, samples, np.arange(count) % 20)


_CUT: dict[str, Any] = {"validation": "test", "test": 0.25}
_PAIR = {"values": "x.npy", "targets": "y.npy"}
_INSIDE = {"values": "xy.npz/x", "targets": "xy.npz/y"}

PROGRAMS: Mapping[str, Program] = {
    "fastanddeep_zip": Program(_of_fastanddeep(FIRST, True), _opened, 2),
    "fastanddeep_stream": Program(_of_fastanddeep(FIRST, False), _opened, 1),
    "delgrad": Program(_of_fastanddeep(SECOND, True), _opened, 2),
    "pytorch_sbs_2022": Program(save_first, _opened, 2),
    "pytorch_sbs_2023": Program(save_second, _opened, 2),
    "bindsnet": Program(_bindsnet, _of_file("net.pt", read_bindsnet), 5),
    "bindsnet_imported": Program(_bindsnet, _of_file("net.pt", import_bindsnet, [_DATA]), 1),
    "nir": Program(_nir, _of_file("net.nir", import_nir, [_DATA]), 3),
    "eprop_of_format_1": Program(_format1("eprop_adam_plateau"), _loaded, 3),
    "first_spike_of_format_1": Program(_format1("first_spike_adam_step"), _loaded, 3),
    "sbs_of_format_1": Program(_format1("sbs_2022_adam"), _loaded, 3),
    "arrays": Program(_arrays, _configured(name="arrays", train=_PAIR, **_CUT), 4),
    "archive": Program(_archive, _configured(name="arrays", train=_INSIDE, **_CUT), 4),
    "csv": Program(_table, _configured(name="csv", train="table.csv", label="class", **_CUT), 3),
    "patterns": Program(save_patterns, _read_data("pattern_storage", shape=(1, 10, 9)), 3),
    "pictures": Program(
        _pictures, _configured(name="image_folder", folder="pets", size=8, **_CUT), 3
    ),
    "n_mnist": Program(_n_mnist, _read_data("n_mnist", validation="test", frames=2, keep=False), 2),
    "cifar10_dvs": Program(
        _cifar10_dvs, _read_data("cifar10_dvs", validation="test", frames=2, keep=False), 2
    ),
    "dvs128_gesture": Program(
        _gestures, _read_data("dvs128_gesture", validation="test", frames=2, keep=False), 2
    ),
    "kept_frames": Program(_gestures, _read_data("dvs128_gesture", validation="test", frames=1), 1),
    "shd": Program(_spikes, _read_data("shd", bins=5, keep=False, validation="test"), 3),
}
