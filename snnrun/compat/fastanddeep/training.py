"""What both generations say alike under ``training_params``."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from snnrun.compat.keys import Keys
from snnrun.compat.parts import Choice, Kind, Part
from snnrun.compat.tables import Fixed, Key, Ours, Plain, Row, Table, Theirs, as_plain
from snnrun.learning.optimizers import OPTIMIZERS

#: The parts that both have, and keys that stand in several of them.
LAYOUT, TRAINING = "network_layout", "training_params"
RATE, MAX_WEIGHT, MISSING = "learning_rate", "clip_weights_max", "max_num_missing_spikes"
CHIP = "use_hicannx"
PULL = XI, ALPHA, BETA = tuple(Key(name, name) for name in ("xi", "alpha", "beta"))
TARGETS = (Key("t_correct", "t_correct"), Key("t_wrong", "t_wrong"))
_GAMMA = Key("gamma", "gamma")
_MOMENTUM = Key("momentum", "momentum", 0)


class Snapshots(Row):
    """The epochs to keep: those named, and the last."""

    def read(self, keys: Keys, ours: Ours) -> None:
        """Leave out those that lie outside the training."""
        points, epochs = keys.option(self.theirs, []), ours.get("train.epochs")
        if not isinstance(points, list):
            return keys.problem(self.theirs, "must be a list")
        if not isinstance(epochs, int):
            return
        outside = [point for point in points if isinstance(point, int) and not 0 < point <= epochs]
        if outside:
            keys.note(self.theirs, f"{outside} lie outside 1 to {epochs}; left out")
        kept = [point for point in points if point not in outside]
        ours.put("train.savepoints", kept if epochs in kept else [*kept, epochs])

    def write(self, ours: Ours, theirs: Plain) -> None:
        """Write them as they are."""
        theirs[self.theirs] = ours.get("train.savepoints")


@dataclass(frozen=True)
class GradientLimit(Key):
    """The limit of the gradient of weights: there, false stops all learning of weights."""

    theirs: str = field(default="max_dw_norm", init=False)

    def value(self, keys: Keys, ours: Ours) -> Any:
        """Return no limit for false, with a note; so for an absent key, if it may be absent."""
        if keys.left.get(self.theirs, self.default is not None) is False:
            text = "without it the original learns no weights; taken as null, no limit"
            keys.note(self.theirs, text)
        value = super().value(keys, ours)
        return None if value is False else value


_OPTIMIZERS = {
    "adam": Kind("adam", (Key(RATE, "lr"), Theirs(_MOMENTUM.theirs, 0.0))),
    "sgd": Kind("sgd", (Key(RATE, "lr"), _MOMENTUM)),
}
_LR_ALONE = "train.optimizer: theirs know only lr, and momentum of sgd"
_STOPS = "the original cannot run it; here it does what its name says"
_SCHEDULES = {
    "StepLR": Kind("step", (Key("step_size", "every"), _GAMMA)),
    "MultiStepLR": Kind("multistep", (Key("milestones", "at"), _GAMMA)),
    "ExponentialLR": Kind("exponential", (_GAMMA,), _STOPS, read_only=True),
    None: Kind(None, (), "none: the learning rate is constant", read_only=True),
}
_THREE = "train.scheduler: theirs know only step, multistep and exponential"


def by_type(kinds: Mapping[Any, Kind], ours: str = "", **more: Any) -> Choice:
    """Return the row for a map that says by its type of which kind it is."""
    return Choice("type", kinds, ours, **more)


def rows(dialect: str) -> Table:
    """Return the rows of both; ``dialect`` is ours for the constants of the integrator."""
    stepped = (
        Key("resolution", "step", off=0.01),
        Key("sim_time", "time", off=4.0),
        Fixed("dialect", dialect, f"model.integrator.dialect: only {dialect} there", ("exact",)),
    )
    integrator = {False: Kind(None), True: Kind("", stepped)}
    noise = (Key("mean", "mean"), Key("std_dev", "std"))
    return (
        Fixed("model.name", "first_spike"),
        Fixed("learning.name", "first_spike"),
        Fixed("train.precision", "float64"),
        Key("batch_size", "train.batch_size"),
        Key("batch_size_eval", "train.eval_batch_size", 200),
        Theirs("enforce_cpu", False, idle=True, turn=1),
        Key("epoch_number", "train.epochs"),
        Snapshots("epoch_snapshots"),
        Choice("optimizer", _OPTIMIZERS, "train.optimizer", "sgd", inline=True, unsaid=_LR_ALONE),
        Part("lr_scheduler", (by_type(_SCHEDULES, "train.scheduler", unsaid=_THREE),), off=False),
        Theirs("numpy_seed", lambda ours: ours.get("seed") % 2**32, idle=True),
        Theirs("print_step_percent", 5.0, idle=True),
        Key("rounding_precision", "model.weight_precision", None, off=False),
        Key("torch_seed", "seed", 0),
        Part("training_noise", noise, "encoder.noise", off=False),
        Choice("use_forward_integrator", integrator, "model.integrator", False, inline=True),
        Key("weight_bumping_value", "learning.bump.value"),
        Key("weight_bumping_exp", "learning.bump.exponential"),
        Key("weight_bumping_targeted", "learning.bump.targeted"),
    )


def prepare(ours: Ours) -> None:
    """Put what ours says where the rows find it: theirs must have a schedule, and bumps."""
    schedule, optimizer = ours.get("train.scheduler"), ours.get("train.optimizer")
    if schedule is None:
        schedule = {"name": "step", "every": ours.get("train.epochs"), "gamma": 1.0}
    elif schedule["name"] == "exponential":
        schedule = {"name": "step", "every": 1, "gamma": schedule["gamma"]}
    ours.put("train.scheduler", schedule)
    said = {key: optimizer[key] for key in ("lr", "momentum") if key in optimizer}
    bare = OPTIMIZERS[optimizer["name"]].settings(**said).model_dump()
    if as_plain(bare) | {"name": optimizer["name"]} != optimizer:
        ours.put("train.optimizer", {})  # of no kind that they know
    if ours.get("learning.bump") is None:
        ours.problems.append("learning.bump: theirs cannot be switched off")
