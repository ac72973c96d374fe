"""Run by several processes at once: train whatever was asked for, and keep where each ends.

``python -m tests.training.in_processes OUT SPLITS CUT CONFIG...``: SPLITS holds overrides by name,
as JSON; the first process writes ``OUT/<split>/<config>.json`` and ``.safetensors``. Then CUT, a
config, is trained in the run folder ``OUT/whole``, and in ``OUT/part``, where the second process
asks to stop; then in ``OUT/spoiled``, where the loss of the second process is no number; then in
``OUT/skip`` and ``OUT/rewind``, where it is none for a while, and in ``OUT/left``, where those
updates are left out from the start.
"""

import json
import math
import sys
import warnings
from collections.abc import Sequence
from pathlib import Path

from safetensors.torch import save_file
from torch import Tensor

from snnrun.core.world import World
from snnrun.errors import DivergedError, DivergenceWarning, Interrupted
from snnrun.experiment import Experiment, load_config
from snnrun.runs import checkpoint
from snnrun.runs.folder import RunDir
from snnrun.runs.progress import Trouble
from snnrun.training.loop import Training
from snnrun.training.together import joined
from snnrun.training.watchers.watcher import Watcher


def trained(path: Path, overrides: Sequence[str], world: World) -> tuple[dict, dict]:
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


class StopIn(Watcher):
    """Asks training to stop after some batches, in one of the processes."""

    def __init__(self, rank: int, batches: int) -> None:
        self.rank, self.left = rank, batches

    def batch_done(self, training: Training) -> None:
        self.left -= 1
        if not self.left and training.world.rank == self.rank:
            training.stop.reason = "the test"


class SpoilIn(Watcher):
    """Makes losses that are no numbers after some batches, in one of the processes."""

    def __init__(self, rank: int, batches: int) -> None:
        self.rank, self.left = rank, batches

    def batch_done(self, training: Training) -> None:
        self.left -= 1
        if not self.left and training.world.rank == self.rank:
            training.learner.rule.loss.samples = _no_number


class SpoilTwo(Watcher):
    """Makes a loss that is no number in the updates 7 and 8, in the second process."""

    def __init__(self) -> None:
        self.loss: object = None

    def started(self, training: Training) -> None:
        if self.loss:  # it was rewound
            training.learner.rule.loss.samples = self.loss

    def batch_done(self, training: Training) -> None:
        rule, at = training.learner.rule, training.at
        self.loss = self.loss or rule.loss.samples
        wrong = (at.epoch, at.batch) in ((1, 2), (1, 3)) and training.world.rank == 1
        rule.loss.samples = _no_number if wrong else self.loss


def _no_number(times: Tensor, _: Tensor) -> tuple[Tensor, Tensor]:
    return times.sum(1) * math.nan, times[:, 0] < math.inf


def written(
    run: RunDir, config: Experiment, world: World, watcher: Watcher, left_out: tuple[int, ...] = ()
) -> None:
    """Train in a run folder that the first process writes."""
    if world.first:
        run.checkpoints.mkdir(parents=True)
        run.write_experiment(config)
    training = Training(config, [watcher], world)
    training.recovery.trouble = Trouble(left_out=left_out)
    training.start(run if world.first else None)


def cut(out: Path, config: Experiment, world: World, batches: int = 7) -> None:
    """Train as a whole, and in two parts, the first of so many batches."""
    written(RunDir(out / "whole"), config, world, StopIn(1, 0))
    part = RunDir(out / "part")
    try:
        written(part, config, world, StopIn(1, batches))
    except Interrupted as stopped:
        print(world.rank, stopped)
    else:
        raise AssertionError("it did not stop")
    training = Training(config, (), world)
    training.load(world.from_first(world.first and checkpoint.open_epoch(part.checkpoints)))
    training.start(part if world.first else None)


def spoil(out: Path, config: Experiment, world: World) -> None:
    """Train until the loss of the second process is no number."""
    try:
        written(RunDir(out / "spoiled"), config, world, SpoilIn(1, 7))
    except DivergedError as error:
        (out / f"diverged_{world.rank}").write_text(str(error))


def recover(out: Path, path: Path, world: World) -> None:
    """Train where two updates go wrong, and without them."""
    skip, rewind = (load_config(path, [f"train.on_nan={kind}"]) for kind in ("skip", "rewind"))
    warnings.simplefilter("ignore", DivergenceWarning)
    written(RunDir(out / "skip"), skip, world, SpoilTwo())
    written(RunDir(out / "rewind"), rewind, world, SpoilTwo())
    written(RunDir(out / "left"), skip, world, Watcher(), (7, 8))
    written(RunDir(out / "left more"), skip, world, Watcher(), (6, 7, 8))


def main(out: Path, splits: dict[str, list[str]], to_cut: Path, paths: Sequence[Path]) -> None:
    with joined(timeout=60) as world:
        for split, overrides in splits.items():
            for path in paths:
                tensors, logged = trained(path, overrides, world)
                if world.first:
                    place = out / split / path.parent.name
                    place.parent.mkdir(exist_ok=True)
                    place.with_suffix(".json").write_text(json.dumps(logged))
                    whole = {key: each.contiguous() for key, each in tensors.items()}
                    save_file(whole, place.with_suffix(".safetensors"))
        cut(out, load_config(to_cut), world)
        spoil(out, load_config(to_cut), world)
        recover(out, to_cut, world)


if __name__ == "__main__":
    first, second, third, *others = sys.argv[1:]
    main(Path(first), json.loads(second), Path(third), [Path(each) for each in others])
