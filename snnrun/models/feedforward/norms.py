r"""Batch normalisation of spiking networks. Settings only.

.. math:: y = \gamma\,\frac{x - \mu}{\sqrt{\sigma^2 + \epsilon}} + \beta

with mean and variance of a channel over time, batch and positions.
"""

from typing import Annotated

from pydantic import Field

from snnrun.core.registry import Entry, Table
from snnrun.core.steps import Steps
from snnrun.models.feedforward.layer_settings import LayerSettings, Shape
from snnrun.models.feedforward.neuron import NeuronSettings


class BatchNormSettings(LayerSettings):
    """One normalisation for all steps."""

    weight: Annotated[float, Field(description="gamma at first")] = 1.0
    by_threshold: Annotated[
        bool, Field(description="gamma at first is times the threshold of the network's neuron")
    ] = False
    momentum: Annotated[
        float, Field(gt=0, le=1, description="share of a batch in the mean and variance that stay")
    ] = 0.1
    eps: Annotated[float, Field(gt=0, description="added to the variance")] = 1e-5

    def output_shape(self, shape: Shape) -> Shape:
        """Return the same shape."""
        return shape

    def memory(self, network: NeuronSettings) -> None:
        """Refuse to tell: no step is normalised alone."""
        raise ValueError("takes mean and variance over all steps")

    def parameters(self, shape: Shape, network: NeuronSettings) -> int:
        """Return two for each channel."""
        return 2 * shape[0]


class TebnSettings(BatchNormSettings):
    """The same, with a factor for each step, which learns."""

    steps: Steps

    def parameters(self, shape: Shape, network: NeuronSettings) -> int:
        """Return two for each channel, and one for each step."""
        return super().parameters(shape, network) + self.steps

    def check_steps(self, steps: int) -> None:
        """Refuse input of another number of steps than there are factors."""
        if steps != self.steps:
            raise ValueError(f"steps: must be {steps}, as many as a sample has, got {self.steps}")


_HERE = "snnrun.models.feedforward.normalisation:"
NORMS: Table[Entry] = Table(
    "norm",
    "snnrun.feedforward.norms",
    {
        "batch_norm": Entry(
            BatchNormSettings,
            _HERE + "BatchNorm",
            "Zheng et al., AAAI 35 (2021)",
            "batch normalisation over all steps; tdBN with by_threshold",
        ),
        "tebn": Entry(
            TebnSettings,
            _HERE + "Tebn",
            "Duan et al., Temporal effective batch normalization, NeurIPS (2022)",
            "the same, with a learned factor for each step",
        ),
    },
    LayerSettings,
    elsewhere={"tdbn": "batch_norm with by_threshold: true"},
)
