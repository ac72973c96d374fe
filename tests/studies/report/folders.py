"""Run folders with nothing in them but what a report reads."""

import json
import struct
import zlib
from pathlib import Path
from typing import Any

from snnrun.core.paths import flat
from snnrun.runs.folder import METRICS, RunDir
from snnrun.runs.lines import append_lines, checked_line

SETTINGS: dict[str, Any] = {
    "seed": 0,
    "data": {"name": "digits"},
    "encoder": {"name": "rate", "steps": 8},
    "model": {"name": "lif", "layers": [{"size": 30}]},
    "learning": {"name": "eprop"},
    "train": {"epochs": 4},
}
ENVIRONMENT = {
    "time": "2026-01-02T03:04:05+00:00",
    "command": ["snnrun", "train", "my configs/digits.yaml"],
    "python": "3.12.1",
    "packages": {"snnrun": "0.1.0", "torch": "2.9.0"},
    "git": {"commit": "0123456789abcdef", "dirty": True},
    "cpu": "a processor",
    "gpus": [],
}
ACCURACIES = (0.25, 0.5, 0.75, 0.625)


def make(folder: Path, name: str, settings: dict[str, Any] | None = None, **changes: Any) -> RunDir:
    """A finished run of four epochs; ``changes`` are those of its summary."""
    run = RunDir(folder / name)
    run.plots.mkdir(parents=True)
    whole = SETTINGS | (settings or {})
    run.config.write_text(json.dumps(whole, indent=1))
    run.write_json("environment.json", ENVIRONMENT)
    told = {
        **{part: whole[part]["name"] for part in ("data", "encoder", "model", "learning")},
        "seed": whole["seed"],
        "settings": flat(whole),
        "judged_by": "accuracy",
        "state": "finished",
        "epoch": 4,
        "epochs": 4,
        "best": {"epoch": 3, "accuracy": 0.75, "loss": 0.5},
        "seconds": 75.0,
        "time": "2026-01-02T03:04:05+00:00",
        "last": {},
        "test": {"3": {"accuracy": 0.7}},
    } | changes
    run.write_json("summary.json", told)
    run.write_json("status.json", {key: told[key] for key in ("state", "epoch", "epochs")})
    for epoch, accuracy in enumerate(ACCURACIES, start=1):
        log(run, epoch, "train", accuracy=accuracy - 0.1, loss=2 - accuracy)
        log(run, epoch, "validation", accuracy=accuracy, loss=3 - accuracy)
    log(run, 3, "test", accuracy=0.7)
    return run


def log(run: RunDir, epoch: int, split: str, **values: float) -> None:
    """Log numbers of an epoch."""
    row = {"step": 10 * epoch, "epoch": epoch, "split": split}
    lines = (checked_line({**row, "name": n, "value": v, "time": 0.5}) for n, v in values.items())
    append_lines(run.path / METRICS, lines)


def picture(run: RunDir, name: str, more: bytes = b"") -> Path:
    """A figure of two by one pixels, with so many bytes more."""

    def part(kind: bytes, content: bytes) -> bytes:
        ends = struct.pack(">I", len(content)), struct.pack(">I", zlib.crc32(kind + content))
        return ends[0] + kind + content + ends[1]

    parts = [
        part(b"IHDR", struct.pack(">IIBBBBB", 2, 1, 8, 0, 0, 0, 0)),
        part(b"tEXt", b"note\0" + more),
        part(b"IDAT", zlib.compress(b"\0\x40\xc0")),
        part(b"IEND", b""),
    ]
    path = run.plots / f"{name}.png"
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + b"".join(parts))
    return path


#: What would be a script, and an image that runs one, if it were not escaped.
EVIL = "</script><img src=x onerror=\"document.title='evil'\">'\"&amp;"
