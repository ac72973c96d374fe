"""What both generations say alike under ``training_params``."""

from typing import Any

from snnrun.compat.keys import Keys

Plain = dict[str, Any]


def train(training: Keys) -> Plain:
    """Return our section ``train``; the original computes in float64."""
    epochs = training.need("epoch_number")
    return {
        "epochs": epochs,
        "batch_size": training.need("batch_size"),
        "eval_batch_size": training.option("batch_size_eval", 200),
        "precision": "float64",
        "optimizer": _optimizer(training),
        "scheduler": _scheduler(training.part_if_any("lr_scheduler")),
        "savepoints": _savepoints(training, epochs),
    }


def _savepoints(training: Keys, epochs: Any) -> list[Any]:
    """Return the epochs to keep: those named, and the last."""
    points = training.option("epoch_snapshots", [])
    if not isinstance(points, list):
        training.problem("epoch_snapshots", "must be a list")
    if not isinstance(points, list) or not isinstance(epochs, int):
        return []
    outside = [point for point in points if isinstance(point, int) and not 0 < point <= epochs]
    if outside:
        training.note("epoch_snapshots", f"{outside} lie outside 1 to {epochs}; left out")
    kept = [point for point in points if point not in outside]
    return kept if epochs in kept else [*kept, epochs]


def _optimizer(training: Keys) -> Plain:
    name, rate = training.option("optimizer", "sgd"), training.need("learning_rate")
    momentum = training.option("momentum", 0)
    if name == "sgd":
        return {"name": "sgd", "lr": rate, "momentum": momentum}
    if name != "adam":
        training.problem("optimizer", f"must be adam or sgd, got {name!r}")
    return {"name": "adam", "lr": rate}


def _scheduler(keys: Keys | None) -> Plain | None:
    if keys is None:
        return None
    match kind := keys.need("type"):
        case "StepLR":
            found = {"name": "step", "every": keys.need("step_size"), "gamma": keys.need("gamma")}
        case "MultiStepLR":
            at = keys.need("milestones")
            found = {"name": "multistep", "at": at, "gamma": keys.need("gamma")}
        case "ExponentialLR":
            keys.note("type", "the original cannot run it; here it does what its name says")
            found = {"name": "exponential", "gamma": keys.need("gamma")}
        case None:
            keys.note("type", "none: the learning rate is constant")
            return None
        case _:
            keys.problem("type", f"must be StepLR, MultiStepLR or ExponentialLR, got {kind!r}")
            return None
    keys.close()
    return found


def noise(training: Keys) -> Plain | None:
    """Return the noise on the input spikes in training."""
    keys = training.part_if_any("training_noise")
    if keys is None:
        return None
    found = {"mean": keys.need("mean"), "std": keys.need("std_dev")}
    keys.close()
    return found


def bump(training: Keys) -> Plain:
    """Return our section ``learning.bump``."""
    return {
        "value": training.need("weight_bumping_value"),
        "exponential": training.need("weight_bumping_exp"),
        "targeted": training.need("weight_bumping_targeted"),
    }


def integrator(training: Keys, dialect: str) -> Plain:
    """Return ``model.integrator`` where spikes are to be found by small steps of time."""
    if not training.get("use_forward_integrator", False):
        training.ignore("resolution", "sim_time")
        return {}
    step, time = training.need("resolution"), training.need("sim_time")
    return {"integrator": {"step": step, "time": time, "dialect": dialect}}


def seed(training: Keys) -> Plain:
    """Return ``seed``, if the config has one; numpy draws nothing here."""
    training.drop("numpy_seed", "print_step_percent", "enforce_cpu")
    value = training.get("torch_seed")
    return {} if value is None else {"seed": value}
