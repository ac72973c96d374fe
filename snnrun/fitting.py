"""Do the parts of an experiment fit together? Known from their settings, without torch.

What a part needs and offers is an enumeration (:mod:`snnrun.core.capabilities`), not a list of
names, so parts from other packages are checked just the same.
"""

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, cast

from snnrun.core.paths import KeyPath, path_in
from snnrun.core.registry import near
from snnrun.data.augmentations import AUGMENTATIONS, AugmentationSettings
from snnrun.encoders import ENCODERS, gives
from snnrun.encoders.settings import EncoderSettings, SteppedSettings
from snnrun.learning import RULES
from snnrun.learning.schedules import RATE
from snnrun.learning.settings import RuleSettings
from snnrun.models import MODELS
from snnrun.models.settings import ModelSettings

if TYPE_CHECKING:
    from snnrun.experiment import Experiment


def misfits(whole: "Experiment") -> Iterator[dict[str, Any]]:
    """Yield the first thing that does not fit; its text may begin with the key that is to blame."""
    for part, check in CHECKS:
        try:
            check(whole)
        except ValueError as error:
            key, colon, text = str(error).partition(": ")
            path = path_in(key)
            if colon and path[0] in type(getattr(whole, part)).model_fields:
                yield {"type": "misfit", "loc": (part, *path), "msg": text}
            else:
                yield {"type": "misfit", "loc": (part,), "msg": str(error)}
            return


def misfits_of_names(config: Any) -> dict[KeyPath, str]:
    """Return the components that cannot stand together whatever their settings, and why not.

    Args:
        config: as it is written, with components as maps; anything may be wrong with it.
    """
    names = {part: _name_of(config, part) for part in ("model", "learning")}
    if names["model"] in MODELS and names["learning"] in RULES:
        model, rule = _model_of(MODELS[names["model"]]), _rule_of(RULES[names["learning"]])
        if rule.needs - model.offers:
            return {("learning",): f"{names['learning']!r} {_not_trained(model)}"}
    return {}


def _name_of(config: Any, part: str) -> str:
    found = config.get(part) if isinstance(config, dict) else None
    return str(found.get("name")) if isinstance(found, dict) else ""


def _not_trained(model: ModelSettings | type[ModelSettings]) -> str:
    able = [name for name, entry in RULES.items() if _rule_of(entry).needs <= model.offers]
    return f"does not train this model; those that do: {', '.join(able)}"


def _samples(whole: "Experiment") -> None:
    """Refuse samples without a step or without a value."""
    if 0 in whole.data.sample_shape:
        raise ValueError(
            f"samples have shape {list(whole.data.sample_shape)}; expected 1 or more of each axis"
        )


def _augmentations(whole: "Experiment") -> None:
    """Refuse an augmentation that does not fit the samples."""
    shape, values = whole.data.input_shape, whole.data.values
    for index, change in enumerate(whole.train.augment):
        try:
            if whole.data.steps is not None and not change.takes_time:
                able = [n for n, e in AUGMENTATIONS.items() if _change_of(e).takes_time]
                raise ValueError(
                    "changes samples without time, and these have steps; those that change such: "
                    + ", ".join(able)
                )
            if values not in change.accepts:
                wanted = " or ".join(sorted(map(str, change.accepts)))
                raise ValueError(f"changes {wanted}, but {_whose(index)} {values}")
            shape, values = change.output_shape(shape), change.output_values(values)
        except ValueError as error:
            raise ValueError(f"augment.{index}: {error}") from error


def _whose(changes: int) -> str:
    """Say whose values they are behind so many changes."""
    return "the changes before it give" if changes else "the data have"


def _change_of(entry: Any) -> type[AugmentationSettings]:
    return cast("type[AugmentationSettings]", entry.settings)


def _encoder(whole: "Experiment") -> None:
    """Refuse an encoder that cannot encode the samples."""
    encoder, data, values = whole.encoder, whole.data, whole.sample_values
    able = f"those that do: {', '.join(_able(whole))}"
    if values not in encoder.accepts:
        wanted = " or ".join(sorted(map(str, encoder.accepts)))
        has = "the data have" if values is data.values else "train.augment gives"
        raise ValueError(f"encodes {wanted}, but {has} {values}; {able}")
    if encoder.takes_time not in (None, data.steps is not None):
        has = f"{data.steps} steps" if data.steps is not None else "no time axis"
        raise ValueError(f"does not encode samples with {has}; {able}")
    given = encoder.output_shape(whole.sample_shape)
    if 0 in given:
        raise ValueError(f"gives samples of shape {list(given)}; expected 1 or more of each axis")


def _kinds(whole: "Experiment") -> None:
    """Refuse an encoder that gives what the model cannot take."""
    data, wanted = whole.data, whole.model.input_kind
    samples = (whole.sample_values, whole.sample_shape, data.steps is not None)
    if wanted not in gives(whole.encoder, *samples):
        kinds = whole.encoder.kinds(*samples)
        given = " or ".join(sorted(map(str, kinds))) or "nothing for such samples"
        others = {name: _encoder_of(ENCODERS[name]) for name in _able(whole)}
        others.pop(ENCODERS.name_of(whole.encoder))
        able = [name for name, each in others.items() if wanted in gives(each, *samples)]
        fit = (
            f"those that fit: {', '.join(able)}"
            if able
            else "no encoder gives that of such samples"
        )
        raise ValueError(f"gives {given}, but the model takes {wanted}; {fit}")


def _able(whole: "Experiment") -> list[str]:
    """Return the names of the encoders that encode such samples."""
    timed = whole.data.steps is not None
    return [
        name
        for name, entry in ENCODERS.items()
        if whole.sample_values in _encoder_of(entry).accepts
        and _encoder_of(entry).takes_time in (None, timed)
    ]


def _encoder_of(entry: Any) -> type[EncoderSettings]:
    return cast("type[EncoderSettings]", entry.settings)


def _steps(whole: "Experiment") -> None:
    """Refuse a model that is for another number of steps, or steps of another length."""
    steps = whole.data.steps
    if isinstance(whole.encoder, SteppedSettings):
        steps = whole.encoder.steps
    if steps is not None:
        whole.model.check_steps(steps)
    if whole.encoder.step_ms is not None:
        whole.model.check_step_length(whole.encoder.step_ms)


def _rule(whole: "Experiment") -> None:
    """Refuse a learning rule that cannot train the model, or for other targets."""
    rule, model, data = whole.learning, whole.model, whole.data
    if rule.needs - model.offers:
        raise ValueError(_not_trained(model))
    if data.target not in rule.targets:
        able = [n for n, e in RULES.items() if data.target in _rule_of(e).targets]
        fit = f"; those that do: {', '.join(able)}" if able else ""
        raise ValueError(f"does not learn {data.target}{fit}")
    rule.check(model, whole.encoder)
    rule.check_classes(data.outputs)
    rule.check_sizes(model, whole.model_input, data.outputs)


def _rule_of(entry: Any) -> type[RuleSettings]:
    return cast("type[RuleSettings]", entry.settings)


def _optimizer(whole: "Experiment") -> None:
    """Refuse an optimiser that would have nothing to follow, or none where there is."""
    changes, train = whole.learning.changes, whole.train
    if changes == "weights" and train.optimizer is not None:
        raise ValueError("optimizer: must be null: the learning rule changes weights itself")
    if changes == "gradients" and train.optimizer is None:
        raise ValueError("optimizer: must be one of the optimisers: the rule leaves gradients")
    if changes == "weights" and train.accumulate > 1:
        raise ValueError(
            "accumulate: must be 1 for a rule that changes weights within the sample, "
            f"got {train.accumulate}"
        )
    if changes == "weights" and train.on_nan == "skip":
        raise ValueError(
            "on_nan: skip drops gradients, and the learning rule changes weights itself; expected "
            "stop or rewind"
        )
    if changes == "weights" and train.frozen:
        raise ValueError(
            "frozen: must be empty: the learning rule changes weights itself; synapses of a graph "
            "say frozen themselves"
        )


def _schedules(whole: "Experiment") -> None:
    """Refuse schedules of numbers that nobody offers, and two of one number."""
    train = whole.train
    every = [("scheduler", train.scheduler)] if train.scheduler else []
    every += [(f"schedules.{index}", each) for index, each in enumerate(train.schedules)]
    offered = [
        *([RATE] if train.optimizer else []),
        *(f"model.{name}" for name in whole.model.targets),
        *(f"learning.{name}" for name in whole.learning.targets_of_schedules),
    ]
    seen: dict[str, str] = {}
    for key, each in every:
        if each.target not in offered:
            guess = near(each.target, offered)
            known = f"; there are: {', '.join(offered)}" if offered else ""
            hint = f"; did you mean {guess!r}?" if guess else known
            raise ValueError(f"{key}.target: nothing is called {each.target!r}{hint}")
        if each.target in seen:
            raise ValueError(
                f"{key}.target: {each.target} has a schedule already, {seen[each.target]}"
            )
        seen[each.target] = key


def _device(whole: "Experiment") -> None:
    """Refuse a device that the model does not run on."""
    train, model = whole.train, whole.model
    if train.device not in ("auto", *model.devices):
        able = [n for n, e in MODELS.items() if train.device in _model_of(e).devices]
        raise ValueError(
            f"device: this model runs on {' and '.join(model.devices)} only; "
            f"on {train.device} runs: {', '.join(able)}"
        )


def _model_of(entry: Any) -> type[ModelSettings]:
    return cast("type[ModelSettings]", entry.settings)


#: The part of the config that is to blame, and the check, in the order of the data.
CHECKS: tuple[tuple[str, Callable[["Experiment"], object]], ...] = (
    ("data", _samples),
    ("train", _augmentations),
    ("encoder", _encoder),
    ("encoder", _kinds),
    ("model", lambda whole: whole.layers()),
    ("model", _steps),
    ("learning", _rule),
    ("train", _optimizer),
    ("train", _schedules),
    ("train", _device),
)
