"""The data sets of fastAndDeep and DelGrad as ours, with the code that makes spikes of them."""

from dataclasses import dataclass, field
from typing import Any

from snnrun.compat.keys import Keys

Plain = dict[str, Any]


@dataclass(frozen=True)
class Source:
    """A data set: our name of it, the code, the number of inputs."""

    data: Plain
    encoder: Plain
    inputs: int


SOURCES = {
    "yin_yang": Source({"name": "yin_yang"}, {"early": 0.15, "late": 2.0, "first": "low"}, 4),
    "xor": Source({"name": "xor"}, {"early": 0.15, "late": 2.0, "first": "low"}, 4),
    "bars": Source({"name": "bars"}, {"early": 0.05, "late": 0.5, "first": "low"}, 9),
    "mnist": Source(
        {"name": "mnist", "scale": 256},
        {"early": 0.15, "late": 2.0, "first": "high", "background": "spike"},
        784,
    ),
    "16x16_mnist": Source(
        {"name": "mnist", "size": 16},
        {"early": 0.15, "late": 2.0, "first": "high", "background": "silent"},
        256,
    ),
}
_REFUSED = {
    "pattern": "its config does not run in the original; ours is `data: {name: pattern, ...}`",
    "single_in_single_out": "its config does not run in the original and there is no such data set",
}


@dataclass
class Data:
    """What becomes of the data part of a config; starts from what every data set says itself."""

    data: Plain = field(default_factory=dict)
    encoder: Plain = field(default_factory=dict)
    inputs: int | None = None


def source(name: Any, keys: Keys, key: str) -> Data:
    """Return the data set called ``name``, which stands under ``key``."""
    if str(name) in SOURCES:
        found = SOURCES[name]
        return Data(dict(found.data), {"name": "latency", **found.encoder}, found.inputs)
    if name is not None:
        why = _REFUSED.get(str(name), f"unknown; known: {', '.join(SOURCES)}")
        keys.problem(key, f"data set {name!r}: {why}")
    return Data()


def parameters(data: Data, keys: Keys) -> None:
    """Take up what DelGrad's ``dataset_params`` say beside the name; only Yin-Yang heeds them."""
    for part, names in ((data.encoder, ("early", "late")), (data.data, ("r_small", "r_big"))):
        for name in names:
            if (value := keys.switch(name)) is None:
                continue
            if data.data.get("name") == "yin_yang":
                part[name] = value
            else:
                keys.note(name, "only yin_yang heeds it, in the original too")
    if keys.option("multiply_input_layer", 1) != 1:
        keys.note("multiply_input_layer", "taken as 1, as the original does when it simulates")
    keys.drop("which", "size", "seed")
    if not data.data:  # refused, with whatever else is said of it
        keys.left.clear()


def check_inputs(data: Data, layout: Keys) -> None:
    """Refuse a network that does not fit the data."""
    width = layout.option("width_pixel", 16)
    if width != 16 and data.data.get("size") == 16:
        layout.problem("width_pixel", f"only 16 is there, got {width!r}")
    inputs = layout.need("n_inputs")
    if None not in (inputs, data.inputs) and inputs != data.inputs:
        layout.problem("n_inputs", f"the data set has {data.inputs} inputs, got {inputs!r}")
