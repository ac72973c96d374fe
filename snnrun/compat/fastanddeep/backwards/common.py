"""What both generations say alike of data and training, said of one of our experiments.

What they cannot say is added to a list of problems, one line each.
"""

from dataclasses import dataclass
from typing import Any

from snnrun.compat.fastanddeep.datasets import SOURCES
from snnrun.data import DATASETS
from snnrun.encoders.settings import LatencySettings
from snnrun.errors import ConfigError
from snnrun.experiment import Experiment, Train
from snnrun.learning.first_spike.settings import FirstSpikeRuleSettings
from snnrun.learning.optimizers import AdamSettings, SGDSettings
from snnrun.learning.schedules import ExponentialSettings, MultiStepSettings, StepSettings
from snnrun.models.first_spike.settings import FirstSpikeSettings

Plain = dict[str, Any]
_FREE = {"r_small", "r_big"}


@dataclass(frozen=True)
class Parts:
    """An experiment whose parts are those that their codes know."""

    whole: Experiment
    encoder: LatencySettings
    model: FirstSpikeSettings
    learning: FirstSpikeRuleSettings


def parts(experiment: Experiment) -> Parts:
    """Return the parts of an experiment.

    Raises:
        ConfigError: they are not those of a first-spike network.
    """
    encoder, model, learning = experiment.encoder, experiment.model, experiment.learning
    if not isinstance(model, FirstSpikeSettings) or not isinstance(encoder, LatencySettings):
        raise ConfigError("model, encoder: theirs know only first_spike and latency")
    if not isinstance(learning, FirstSpikeRuleSettings):
        raise ConfigError("learning: theirs know only first_spike")
    return Parts(experiment, encoder, model, learning)


def dataset(ours: Parts, problems: list[str]) -> tuple[str, Plain]:
    """Return their name of the data set, and what only the second generation can say of it."""
    data = ours.whole.data.model_dump()
    code = ours.encoder.model_copy(update={"noise": None}).model_dump()
    for name, source in SOURCES.items():
        settings = {key: value for key, value in source.data.items() if key != "name"}
        wanted = DATASETS[source.data["name"]].settings(**settings)
        theirs = LatencySettings(**source.encoder).model_dump()
        if type(wanted) is not type(ours.whole.data):
            continue
        differs = _differences(data, wanted.model_dump()) | _differences(code, theirs)
        if differs.keys() <= (_FREE | {"early", "late"} if name == "yin_yang" else set()):
            return name, differs
    problems.append("data, encoder: no data set of theirs; known: " + ", ".join(SOURCES))
    return "", {}


def _differences(ours: Plain, theirs: Plain) -> Plain:
    return {key: ours[key] for key in ours if key != "download" and ours[key] != theirs[key]}


def training(ours: Parts, problems: list[str]) -> Plain:
    """Return ``training_params``, without the loss and the limits."""
    train, seed = ours.whole.train, ours.whole.seed
    return {
        "batch_size": train.batch_size,
        "batch_size_eval": train.eval_batch_size,
        "enforce_cpu": False,
        "epoch_number": train.epochs,
        "epoch_snapshots": list(train.savepoints),
        **_optimizer(train, problems),
        "lr_scheduler": _scheduler(train, problems),
        "numpy_seed": seed % 2**32,
        "print_step_percent": 5.0,
        "rounding_precision": ours.model.weight_precision or False,
        "torch_seed": seed,
        "training_noise": _noise(ours.encoder),
        **_integrator(ours),
        **_bump(ours.learning, problems),
    }


def _optimizer(train: Train, problems: list[str]) -> Plain:
    match settings := train.optimizer:
        case SGDSettings(lr=rate, momentum=momentum):
            name, same = "sgd", settings == SGDSettings(lr=rate, momentum=momentum)
        case AdamSettings(lr=rate):
            name, momentum, same = "adam", 0.0, settings == AdamSettings(lr=rate)
        case _:
            name, rate, momentum, same = "", 0.0, 0.0, False
    if not same:
        problems.append("train.optimizer: theirs know only lr, and momentum of sgd")
    return {"optimizer": name, "learning_rate": rate, "momentum": momentum}


def _scheduler(train: Train, problems: list[str]) -> Plain:
    """Return the schedule; theirs must have one, so a constant rate is a step by 1."""
    match train.scheduler:
        case None:
            return {"type": "StepLR", "step_size": train.epochs, "gamma": 1.0}
        case StepSettings(every=every, gamma=gamma):
            return {"type": "StepLR", "step_size": every, "gamma": gamma}
        case ExponentialSettings(gamma=gamma):
            return {"type": "StepLR", "step_size": 1, "gamma": gamma}
        case MultiStepSettings(at=at, gamma=gamma):
            return {"type": "MultiStepLR", "milestones": list(at), "gamma": gamma}
    problems.append("train.scheduler: theirs know only step, multistep and exponential")
    return {}


def _noise(encoder: LatencySettings) -> Any:
    noise = encoder.noise
    return {"mean": noise.mean, "std_dev": noise.std} if noise else False


def _integrator(ours: Parts) -> Plain:
    chosen = ours.model.integrator
    if chosen is None:
        return {"use_forward_integrator": False, "resolution": 0.01, "sim_time": 4.0}
    return {"use_forward_integrator": True, "resolution": chosen.step, "sim_time": chosen.time}


def _bump(learning: FirstSpikeRuleSettings, problems: list[str]) -> Plain:
    bump = learning.bump
    if bump is None:
        problems.append("learning.bump: theirs cannot be switched off")
        return {}
    return {
        "weight_bumping_value": bump.value,
        "weight_bumping_exp": bump.exponential,
        "weight_bumping_targeted": bump.targeted,
    }
