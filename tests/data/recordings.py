"""Files in the formats of event cameras and artificial ears, written by hand."""

import struct
from pathlib import Path

import h5py
import numpy as np

#: t, x, y, lighter of a recording, in the order of time.
Rows = list[tuple[int, int, int, int]]
CLASSES = (
    "airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck",
)  # fmt: skip


def drawn(random: np.random.Generator, events: int, side: int, start: int = 0) -> Rows:
    """A recording of noise, 10 us between events."""
    place = random.integers(side, size=(events, 2))
    lighter = random.integers(2, size=events)
    return [(start + 10 * i, *map(int, place[i]), int(lighter[i])) for i in range(events)]


def write_bin(path: Path, rows: Rows) -> None:
    """As N-MNIST has them."""
    path.parent.mkdir(parents=True, exist_ok=True)
    words = [x << 32 | y << 24 | p << 23 | t for t, x, y, p in rows]
    path.write_bytes(b"".join(word.to_bytes(5, "big") for word in words))


def write_aedat2(path: Path, rows: Rows, header=b"#!AER-DAT2.0\r\n# by hand\r\n") -> None:
    """As jAER writes what a DVS128 sees; x and y from the upper left."""
    path.parent.mkdir(parents=True, exist_ok=True)
    pairs = [((127 - x) << 8 | (127 - y) << 1 | (1 - p), t) for t, x, y, p in rows]
    path.write_bytes(header + b"".join(struct.pack(">II", *pair) for pair in pairs))


def packet(rows: Rows, rounds=0, kind=1, room=None, valid=1) -> bytes:
    """A packet of AEDAT 3.1; whatever lies in the room that is left."""
    size, room = 8, len(rows) if room is None else room
    header = struct.pack("<hhiiiiii", kind, 0, size, 4, rounds, room, len(rows), len(rows))
    body = b"".join(struct.pack("<II", x << 17 | y << 2 | p << 1 | valid, t) for t, x, y, p in rows)
    return header + body + b"\xff" * (size * (room - len(rows)))


def write_aedat3(path: Path, *packets: bytes, header=b"#!AER-DAT3.1\r\n#!END-HEADER\r\n") -> None:
    """As DVS128 Gesture has them."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(header + b"".join(packets))


def write_gestures(path: Path, rows: list[tuple[int, int, int]]) -> None:
    """Classes from 1 on, starts and ends."""
    lines = ["class,startTime_usec,endTime_usec", *(",".join(map(str, row)) for row in rows)]
    path.write_text("\n".join(lines) + "\n")


def write_spikes(path: Path, samples: list[tuple[list[float], list[int]]], labels) -> None:
    """Times and units of samples, as the Heidelberg sets have them."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with h5py.File(path, "w") as file:
        for place, (name, dtype) in enumerate((("times", np.float16), ("units", np.uint16))):
            lists = file.create_dataset(
                f"spikes/{name}", (len(samples),), dtype=h5py.vlen_dtype(dtype)
            )
            for number, sample in enumerate(samples):
                lists[number] = np.array(sample[place], dtype)
        file["labels"] = np.array(labels, np.uint16)


def write_event_sets(root: Path) -> None:
    """A few recordings of every data set of events."""
    random = np.random.default_rng(2)
    for part, each in (("Train", 2), ("Test", 1)):
        for number in range(10 * each):
            path = root / "N-MNIST" / part / str(number % 10) / f"{number + 1:05d}.bin"
            write_bin(path, drawn(random, 60, 34))
    for name in CLASSES:
        for number in range(5):
            path = root / "CIFAR10-DVS" / name / f"cifar10_{name}_{number}.aedat"
            write_aedat2(path, drawn(random, 60, 128))
    folder = root / "DvsGesture"
    for split, users in (("train", range(1, 6)), ("test", range(6, 8))):
        names = [f"user{user:02d}_led.aedat" for user in users]
        for name in names:
            write_aedat3(folder / name, packet(drawn(random, 400, 128)))
            labels = [(c, 10 * c * 30, 10 * (c * 30 + 25)) for c in range(1, 12)]
            write_gestures(folder / name.replace(".aedat", "_labels.csv"), labels)
        (folder / f"trials_to_{split}.txt").write_text("\n".join(names) + "\n")
    for collection, parts, classes in (
        ("SHD", ("train", "test"), 20),
        ("SSC", ("train", "valid", "test"), 35),
    ):
        for part in parts:
            samples = [
                (np.sort(random.random(30)).tolist(), random.integers(700, size=30).tolist())
                for _ in range(5 * classes if part == "train" else classes)
            ]
            path = root / collection / f"{collection.lower()}_{part}.h5"
            write_spikes(path, samples, np.arange(len(samples)) % classes)
