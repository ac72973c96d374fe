"""Run folders with nothing in them but what many runs are read from."""

import json
from pathlib import Path
from typing import Any

from snnrun.studies.gathering import Found

SETTINGS = {
    "seed": 0,
    "model.name": "lif",
    "model.layers.0.size": 5,
    "model.layers.0.taus": [1.0, 2.0],
    "learning.name": "eprop",
    "train.epochs": 9,
    "train.threads": 1,
    "plugins": [],
}
SUMMARY = {
    "data": "digits",
    "model": "lif",
    "learning": "eprop",
    "judged_by": "accuracy",
    "settings": SETTINGS,
    "state": "finished",
    "epoch": 9,
    "epochs": 9,
    "best": {"epoch": 4, "accuracy": 0.9512, "loss": 0.3},
    "seconds": 61.5,
    "time": "2026-01-02T03:04:05+00:00",
    "test": {"0": {"accuracy": 0.1}, "4": {"accuracy": 0.9375}, "9": {"accuracy": 0.5}},
}


def make(folder: Path, name: str, changes: dict[str, Any] | None = None, **summary: Any) -> Path:
    """Make a run folder, with other settings, and with other entries of its summary."""
    path = folder / name
    path.mkdir(parents=True)
    (path / "config.yaml").write_text("not: read")
    content = {**SUMMARY, "settings": {**SETTINGS, **(changes or {})}, **summary}
    (path / "summary.json").write_text(json.dumps(content))
    return path


def found(*others: dict[str, Any]) -> list[Found]:
    """Return runs with these settings beside the usual ones; those that are None are left out."""
    every = ({**SETTINGS, **settings} for settings in others)
    return [
        Found(
            Path(f"run_{number}"),
            f"run_{number}",
            SUMMARY,
            {key: value for key, value in settings.items() if value is not None},
            0.0,
        )
        for number, settings in enumerate(every)
    ]
