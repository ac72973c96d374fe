"""An experiment: everything that a run needs. Two equal experiments give two equal runs."""

import math
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, ClassVar, Self, cast

from pydantic import Field, ValidationError, field_validator, model_validator

from snnrun import plugins
from snnrun.config.dumping import dump
from snnrun.config.given import Overrides
from snnrun.config.problems import explain, told, words
from snnrun.config.reading import Document, document_of, read_config
from snnrun.config.shipped import located
from snnrun.config.shorthand import spell_out
from snnrun.config.texts import Room
from snnrun.config.tree import count_values
from snnrun.core.capabilities import Capability, Target, Values
from snnrun.core.named import named, nested
from snnrun.core.paths import cut
from snnrun.core.registry import Settings, near
from snnrun.core.shell import typed
from snnrun.data import DATASETS, DataSettings
from snnrun.encoders import ENCODERS
from snnrun.encoders.settings import EncoderSettings
from snnrun.errors import ConfigError
from snnrun.fitting import misfits, misfits_of_names
from snnrun.learning import RULES
from snnrun.learning.settings import RuleSettings
from snnrun.models import MODELS
from snnrun.models.settings import ModelSettings
from snnrun.train_settings import OF_RUN, Train


class Experiment(Settings):
    """Data, encoder, network, learning rule, and how to train."""

    asides: ClassVar[Mapping[str, str]] = {
        "seed": "several seeds: `snnrun train --seeds 3`, or `seeds: 3` in a file for snnrun sweep",
        "seeds": "several seeds: `snnrun train --seeds 3`, or a file for snnrun sweep",
    }

    seed: Annotated[
        int, Field(ge=0, lt=2**64, description="of initial weights, order and noise")
    ] = 0
    data: Annotated[DataSettings, named(DATASETS), Field(description="what to learn")]
    encoder: Annotated[EncoderSettings, named(ENCODERS), Field(description="from values to spikes")]
    model: Annotated[ModelSettings, named(MODELS), Field(description="the network")]
    learning: Annotated[RuleSettings, named(RULES), Field(description="how the weights change")]
    train: Annotated[Train, Field(description="how long, and with which optimiser")]
    plugins: Annotated[
        tuple[str, ...],
        Field(description="modules with further components, such as my_rules for my_rules.py"),
    ] = ()

    @field_validator("plugins")
    @classmethod
    def _modules(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        for name in names:
            if not plugins.is_module(name):
                raise ValueError(f"must name modules, such as my_rules for my_rules.py, got {name}")
        return names

    @property
    def sample_shape(self) -> tuple[int, ...]:
        """Shape of a sample as the encoder gets it, without time."""
        shape = self.data.input_shape
        for change in self.train.augment:
            shape = change.output_shape(shape)
        return shape

    @property
    def sample_values(self) -> Values:
        """Which values samples have as the encoder gets them."""
        values = self.data.values
        for change in self.train.augment:
            values = change.output_values(values)
        return values

    @property
    def input_size(self) -> int:
        """Number of input neurons."""
        return math.prod(self.encoder.output_shape(self.sample_shape))

    @property
    def model_input(self) -> Any:
        """What the network and its settings are told of their input: its size or its shape."""
        return self.model.input_shape(self.encoder.output_shape(self.sample_shape))

    @property
    def offers(self) -> frozenset[Capability]:
        """What model, data and rule offer to figures together."""
        classes = {Capability.CLASSES} if self.data.target is Target.CLASSES else set()
        moving = self.data.steps is not None and len(self.data.input_shape) == 3
        films = {Capability.MOVING_IMAGES} if moving else set()
        return self.model.offers | self.data.offers | self.learning.offers | classes | films

    def layers(self) -> list[tuple[str, str, int]]:
        """Return name, shape and number of parameters of each layer.

        Raises:
            ValueError: the network does not fit the data.
        """
        return self.model.describe(self.model_input, self.data.outputs)

    @model_validator(mode="before")
    @classmethod
    def _no_optimizer_where_weights_change(cls, given: Any) -> Any:
        """Leave out the default optimiser where the rule changes the weights itself."""
        train, rule = (given.get(key) if isinstance(given, dict) else None for key in _TWO)
        if isinstance(train, dict) and "optimizer" not in train and _changes_weights(rule):
            return {**given, "train": {**train, "optimizer": None}}
        return given

    @model_validator(mode="after")
    def _parts_fit(self) -> Self:
        problems = list(misfits(self))
        if problems:
            raise nested(problems)
        return self

    def dump_yaml(self) -> str:
        """Return a config file with every setting; it loads as an equal experiment."""
        return dump(self.model_dump())


_TWO = ("train", "learning")


def _changes_weights(rule: Any) -> bool:
    """Tell whether a rule, as a config writes it, changes weights itself."""
    name = rule.get("name") if isinstance(rule, dict) else None
    settings = type(rule) if isinstance(rule, RuleSettings) else None
    if isinstance(name, str) and name in RULES:
        settings = cast("type[RuleSettings]", RULES[name].settings)
    return settings is not None and settings.changes == "weights"


Load = Callable[[Sequence[str], Path], object]


def load_config(
    path: Experiment | Mapping[str, Any] | Path | str,
    overrides: Overrides = (),
    load: Load = plugins.load_beside,
    *,
    of_run: bool = False,
    notes: list[str] | None = None,
) -> Experiment:
    """Read and check a config file, with overrides.

    Where ``train.epochs`` of an override, or of a file that extends another, shortens the run,
    savepoints that it no longer reaches are dropped.

    Args:
        path: the file, or the name of a config that comes with snnrun; or a map, or an experiment
            that was read before.
        overrides: settings that go before those of the file: ``"train.epochs=3"``, several of
            these, or a map, ``{"train.epochs": 3}`` or ``{"train": {"epochs": 3}}``.
        load: imports the plug-ins that the config names, given the folder that it lies in.
        of_run: whether it is that of a run folder: then its loggers may be absent here.
        notes: takes up what is good to know: savepoints that were dropped.

    Raises:
        ConfigError: with every problem that was found, each on a line that says where it is.
        PluginError: a plug-in is absent, fails, or is not to be trusted.
    """
    if isinstance(path, Experiment):
        if not overrides:
            return path
        path = path.model_dump()
    given = path if isinstance(path, Mapping) else located(path)
    file = None if isinstance(given, Mapping) else given
    document = read_config(given, overrides)
    of_theirs = isinstance(document.data.get("parameters"), list)  # one of fastAndDeep
    for key in ("config", "configs", *(["parameters"] if of_theirs else [])):
        if key in document.data and "model" not in document.data:
            where = document.where((key,))
            name = file or "FILE"
            raise ConfigError(
                f"{where}: {key}: this is a sweep; it is run by snnrun sweep {typed(name)}"
            )
    _refuse_strangers(document)
    dropped = _shorten(document)
    if dropped and notes is not None:
        listed = ", ".join(map(str, dropped))
        notes.append(f"train.savepoints: {listed} lie behind the last epoch, and are dropped")
    load(_plugins_of(document), file.parent if file else Path())
    return _checked(document, of_run)


def experiment_of(plain: dict[str, Any], where: str, overrides: Overrides = ()) -> Experiment:
    """Check a config that stands in no file of its own; plug-ins that it names are not imported.

    Args:
        plain: the config.
        where: what errors say of its place.
        overrides: settings that go before those of the config.

    Raises:
        ConfigError: with every problem that was found.
    """
    return _checked(document_of(plain, where, overrides))


def _checked(document: Document, of_run: bool = False) -> Experiment:
    problems = list(document.problems)
    spell_out(document.root, Experiment)
    try:
        experiment = Experiment.model_validate(words(document.data), context={OF_RUN: of_run})
    except ValidationError as error:
        problems += explain(error, document, Experiment, misfits_of_names(document.data))
    if problems:
        raise told(problems)
    values = count_values(experiment.model_dump())
    if values > Room.values:  # a run folder with it could not be opened
        where, most = document.root.where, Room.values
        raise ConfigError(
            f"{where}: with all defaults, {values:,} values; at most {most:,} are read"
        )
    return experiment


def _refuse_strangers(document: Document) -> None:
    """Refuse a file that means something else: of its keys none is ours, or nearly so."""
    known, keys = list(Experiment.model_fields), [str(key) for key in document.data]
    if keys and not any(key in known or near(key, known) for key in keys):
        there = cut(", ".join(keys), 100)
        raise ConfigError(
            f"{document.root.where}: this is no experiment: it has {there}; expected "
            f"{', '.join(known)}. `snnrun new` writes one to begin with"
        )


def _plugins_of(document: Document) -> list[str]:
    """Return the plug-ins that a config names; what is no name of a module is refused later."""
    named = document.data.get("plugins")
    every = named if isinstance(named, list) else []
    return [each for each in every if isinstance(each, str) and plugins.is_module(each)]


def _shorten(document: Document) -> list[Any]:
    """Drop savepoints that lie behind an end which was set after them; return them.

    It was set by an override, or by a file that extends theirs.
    """
    epochs, points = (document.node(("train", key)) for key in ("epochs", "savepoints"))
    if epochs is None or points is None or not isinstance(points.value, list):
        return []
    if document.rank(epochs) > document.rank(points):
        end = epochs.value if isinstance(epochs.value, int | float) else math.inf
        behind = [each for each in points.value if isinstance(each.value, int) and each.value > end]
        points.value = [each for each in points.value if each not in behind]
        return [each.value for each in behind]
    return []
