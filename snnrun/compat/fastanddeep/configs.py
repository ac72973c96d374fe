"""Configs of fastAndDeep (Göltz et al. 2021) and DelGrad (Göltz et al. 2025) as ours, and back.

The two generations of https://github.com/JulianGoeltz/fastAndDeep are told apart by their top
keys. Every key is read, refused or noted; see docs/fastanddeep.md for the table.
"""

from pathlib import Path
from typing import Any

from snnrun.compat.fastanddeep import first_generation, second_generation
from snnrun.compat.keys import Keys, Report, Translation, Where, nowhere, translation
from snnrun.compat.tables import Ours, Plain, as_plain, write
from snnrun.encoders.settings import LatencySettings
from snnrun.errors import ConfigError
from snnrun.experiment import Experiment
from snnrun.learning.first_spike.settings import FirstSpikeRuleSettings
from snnrun.models.first_spike.settings import FirstSpikeSettings

_WORDS = {"yes": True, "on": True, "no": False, "off": False}


def is_config(plain: Any) -> bool:
    """Tell whether a map read from a file is one of their configs.

    Example:
        >>> is_config({"model": {"name": "first_spike"}, "train": {"epochs": 3}})
        False
    """
    return isinstance(plain, dict) and any(
        each.KEYS <= plain.keys() for each in (first_generation, second_generation)
    )


def translate(plain: Plain, where: Where = nowhere, folder: Path | None = None) -> Translation:
    """Return our config for one of theirs.

    Args:
        plain: their config; it is left as it is.
        where: says where the value at a path was written.
        folder: where it lies; their configs name no other files.

    Raises:
        ConfigError: with a line for every key that cannot be honoured.
    """
    top = Keys(_older_yaml(plain), (), Report(where))
    newer = second_generation.KEYS <= plain.keys()
    ours = (second_generation if newer else first_generation).translate(top)
    ours.plain.pop("facts", None)
    return translation(top, ours.plain)


def their_config(experiment: Experiment) -> Plain:
    """Return a config of fastAndDeep, or of DelGrad where the former cannot say it.

    Raises:
        ConfigError: with a line for everything that neither can say.
    """
    model, encoder = experiment.model, experiment.encoder
    if not isinstance(model, FirstSpikeSettings) or not isinstance(encoder, LatencySettings):
        raise ConfigError("model, encoder: theirs know only first_spike and latency")
    if not isinstance(experiment.learning, FirstSpikeRuleSettings):
        raise ConfigError("learning: theirs know only first_spike")
    older, refused = _written(first_generation, experiment)
    if not refused:
        return older
    newer, problems = _written(second_generation, experiment)
    if problems:
        raise ConfigError(refused if set(refused) <= set(problems) else problems)
    return newer


def data_set_of(config: Plain) -> str:
    """Return their name of the data set of a config."""
    part, alone = second_generation.TABLE[0].theirs, first_generation.TABLE[0].theirs
    name: str = config[part]["name"] if part in config else config[alone]
    return name


def _written(generation: Any, experiment: Experiment) -> tuple[Plain, list[str]]:
    """Return a config of one generation, and what it cannot say."""
    ours = Ours(as_plain(experiment.model_dump()) | {"facts": {"inputs": experiment.input_size}})
    generation.prepare(ours)
    return write(generation.TABLE, ours), ours.problems


def _older_yaml(value: Any) -> Any:
    """Return a config as their YAML 1.1 means it, where yes, no, on and off are no text."""
    if isinstance(value, dict):
        return {key: _older_yaml(each) for key, each in value.items()}
    if isinstance(value, list):
        return [_older_yaml(each) for each in value]
    return _WORDS.get(value.lower(), value) if isinstance(value, str) else value
