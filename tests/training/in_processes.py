"""Run by several processes at once: train every config that was given, and keep where each ends.

``python -m tests.training.in_processes OUT CONFIG... -- OVERRIDE...``; the first process writes
``OUT/<config>.json`` and ``.safetensors``.
"""

import json
import sys
from pathlib import Path

from safetensors.torch import save_file

from snnrun.core.world import World, join
from snnrun.experiment import load_config
from snnrun.training.loop import Training


def trained(path: Path, overrides: list[str], world: World) -> tuple[dict, dict]:
    """Return the tensors of the learner and every number that was logged, after a training."""
    training = Training(load_config(path, overrides), (), world)
    logged = {}
    training.watchers.notify = lambda event, *rest: (
        event == "epoch_done"
        and logged.update(
            {f"{row['epoch']} {row['split']} {row['name']}": row["value"] for row in rest[1]}
        )
    )
    training.start(None)
    best = training.keeping.best
    return training.learner.state_dict(), {**logged, "best": best.epoch, **best.values}


def main(arguments: list[str]) -> None:
    place = arguments.index("--")
    out, paths, overrides = Path(arguments[0]), arguments[1:place], arguments[place + 1 :]
    world = join(timeout=60)
    for path in map(Path, paths):
        tensors, logged = trained(path, overrides, world)
        if world.first:
            name = path.parent.name
            (out / f"{name}.json").write_text(json.dumps(logged))
            save_file(
                {key: each.contiguous() for key, each in tensors.items()},
                out / f"{name}.safetensors",
            )
    world.leave()


if __name__ == "__main__":
    main(sys.argv[1:])
