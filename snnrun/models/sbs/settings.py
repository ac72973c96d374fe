"""What a config may say about a Spike-By-Spike network."""

import math
from collections.abc import Iterator, Mapping
from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field, model_validator

from snnrun.core.capabilities import Capability, InputKind
from snnrun.core.named import named
from snnrun.models.sbs.inference import InferenceSettings
from snnrun.models.sbs.layers import (
    LAYERS,
    LayerSettings,
    Noise,
    ReconstructionSettings,
    SbsLayerSettings,
)
from snnrun.models.settings import ModelSettings
from snnrun.models.window import Shape

Dialect = Literal[2022, 2023]
#: What is not said in the config is as the code of that year has it.
PRESETS: dict[int, dict[str, Any]] = {
    2022: {
        "eps_t": {"schedule": "constant"},
        "eps_xy": {"per": "position", "initial": 0.1},
        "alpha_floor": 1.19e-4,
        "noise": (1.0, 1.01),
        "errors_by_step_size": True,
    },
    2023: {
        "eps_t": {"schedule": "root"},
        "eps_xy": {"per": "none", "initial": 1.0},
        "alpha_floor": 1e-20,
        "noise": (1.0, 1.1),
        "errors_by_step_size": False,
    },
}


def with_preset(presets: Mapping[int, Mapping[str, Any]], given: Any) -> Any:
    """Return what a config says, and where it says nothing, what its dialect says.

    Example:
        >>> presets = {2022: {"a": {"x": 1, "y": 2}, "b": 3}}
        >>> with_preset(presets, {"dialect": 2022, "a": {"y": 5}})
        {'a': {'x': 1, 'y': 5}, 'b': 3, 'dialect': 2022}
    """
    if not isinstance(given, dict):
        return given
    dialect = given.get("dialect", 2023)
    preset = presets.get(dialect, {}) if isinstance(dialect, int) else {}
    return {**preset, **{key: _filled(preset.get(key), value) for key, value in given.items()}}


def _filled(preset: Any, given: Any) -> Any:
    """Return a map with what it leaves out, unless it names something else than the preset."""
    if not (isinstance(preset, dict) and isinstance(given, dict)):
        return given
    same = given.get("name", preset.get("name")) == preset.get("name")
    return preset | given if same else given


class DialectSettings(ModelSettings):
    """Which code a config follows where it says nothing."""

    dialect: Annotated[
        Dialect, Field(description="the code whose defaults hold for everything that is not said")
    ] = 2023


class SbsSettings(InferenceSettings, DialectSettings):
    """A stack of layers; the last has one neuron for each class, at one position."""

    input_kind: ClassVar[InputKind] = InputKind.IMAGES
    offers: ClassVar[frozenset[Capability]] = frozenset(
        {Capability.SBS_LAYERS, Capability.GRADIENTS, Capability.ACTIVITIES}
    )
    shown_of_training: ClassVar[int | None] = 4000

    layers: Annotated[
        tuple[Annotated[LayerSettings, named(LAYERS, "sbs")], ...],
        Field(
            min_length=1,
            description="the layers, from the input on",
            examples=[
                [
                    {"name": "sbs", "neurons": 16, "kernel": 3},
                    {"name": "average_pooling", "kernel": 2, "stride": 2},
                    {"name": "sbs", "neurons": 10},
                ]
            ],
        ),
    ]
    noise: Annotated[
        Noise,
        Field(description="initial weights are uniform in this range, then normalised"),
    ] = (1.0, 1.1)
    errors_by_step_size: Annotated[
        bool, Field(description="errors that go to the layer below are times e / (1 + e)")
    ] = False

    @model_validator(mode="before")
    @classmethod
    def _fill_in(cls, given: Any) -> Any:
        return with_preset(PRESETS, given)

    def input_shape(self, shape: tuple[int, ...]) -> Shape:
        """Return the shape (channels, height, width) of samples of this shape.

        Raises:
            ValueError: they are neither images nor vectors.
        """
        if len(shape) not in (1, 3):
            raise ValueError(f"takes images [channel, height, width], not samples of {list(shape)}")
        channels, height, width = shape if len(shape) == 3 else (*shape, 1, 1)
        return channels, height, width

    def shapes(self, shape: Shape) -> Iterator[tuple[LayerSettings, Shape, Shape]]:
        """Yield each layer with the shapes of its input and its output.

        Raises:
            ValueError: a layer does not fit its input; the text begins with the key to blame.
        """
        inputs = 0
        for index, layer in enumerate(self.layers):
            try:
                found = layer.output_shape(shape)
            except ValueError as error:
                raise ValueError(f"layers.{index}.{error}") from error
            if isinstance(layer, ReconstructionSettings):
                self._check_reconstruction(index)
                found = (inputs, *shape[1:])
            yield layer, shape, found
            inputs, shape = layer.weight_shape(shape)[0], found

    def _check_reconstruction(self, index: int) -> None:
        """Refuse a reconstruction that has nothing to reconstruct, or anything behind it."""
        before = self.layers[index - 1] if index else None
        if index != len(self.layers) - 1 or not isinstance(before, SbsLayerSettings):
            raise ValueError(
                f"layers.{index}.name: reconstruction must be the last layer, behind a layer sbs"
            )

    @property
    def classifies(self) -> bool:
        """Whether the last layer stands for classes."""
        return not isinstance(self.layers[-1], ReconstructionSettings)

    def layer_outputs(self, inputs: Any, classes: int) -> Iterator[tuple[str, int]]:
        """Yield key and number of latent activities of each layer; ``inputs`` is a shape."""
        for index, (_, _, after) in enumerate(self.shapes(inputs)):
            yield f"layers.{index}", math.prod(after)

    def describe(self, inputs: Any, classes: int) -> list[tuple[str, str, int]]:
        """Return name, shape and number of parameters of each layer; ``inputs`` is a shape.

        Raises:
            ValueError: a layer does not fit its input, or the last not the classes.
        """
        rows, final = [], inputs
        for index, (layer, before, after) in enumerate(self.shapes(inputs)):
            steps, final = layer.eps_shape(before, self), after
            shown = f"{_text(before)} -> {_text(after)}"
            if layer.weighted:
                shown += f", weights {_text(layer.weight_shape(before))}"
            if steps:
                shown += f", eps_xy {_text(steps)}"
            count = math.prod(layer.weight_shape(before)) + (math.prod(steps) if steps else 0)
            rows.append((f"layers.{index}", shown, count))
        if self.classifies and final != (classes, 1, 1):
            raise ValueError(
                f"layers: the last layer gives {_text(final)}, but {classes} classes need "
                f"{_text((classes, 1, 1))}"
            )
        return rows


def _text(shape: tuple[int, ...]) -> str:
    return str(list(shape))
