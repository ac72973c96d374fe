"""What a config may say about the synapses of a graph: their kinds."""

from math import prod
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import Field

from snnrun.core.registry import Entry, Table
from snnrun.models.graph.image_synapses import (
    AdaptiveMaxPool2dSettings,
    Conv2dSettings,
    LocalSettings,
    MaxPool2dSettings,
)
from snnrun.models.graph.synapse_settings import Shape, SynapsesSettings, WeightedSettings

if TYPE_CHECKING:  # a config is read without torch
    from torch import Generator

    from snnrun.models.graph.connections import Connection, Weighted


class DenseSettings(WeightedSettings):
    """All-to-all synapses."""

    def make(
        self, pre: Shape, post: Shape, options: dict[str, Any], generator: "Generator"
    ) -> "Weighted":
        """Return the synapses."""
        from snnrun.models.graph.connections import Dense

        return Dense(pre, post, **options)


class SparseSettings(WeightedSettings):
    """Synapses of which a share exists, drawn once for all."""

    share: Annotated[float, Field(gt=0, le=1, description="chance of each synapse to exist")] = 0.1

    def make(
        self, pre: Shape, post: Shape, options: dict[str, Any], generator: "Generator"
    ) -> "Weighted":
        """Return the synapses."""
        import torch

        from snnrun.models.graph.sparse import Sparse

        mask = torch.rand(self.shape(pre, post), generator=generator) < self.share
        return Sparse(pre, post, mask=mask, **options)


class SingleSettings(SynapsesSettings):
    """Synapses that share one weight."""

    weight: Annotated[float, Field(description="of all of them")]

    def reaches(self, pre: Shape) -> Shape | None:
        """Return the same shape."""
        return pre

    def check(self, pre: Shape, post: Shape) -> None:
        """Refuse groups of different size, whatever their shapes."""
        if prod(pre) != prod(post):
            raise ValueError(f"{prod(pre)} neurons on one side and {prod(post)} on the other; "
                             "expected as many")  # fmt: skip

    def build(self, pre: Shape, post: Shape, generator: "Generator") -> "Connection":
        """Return the synapses."""
        from snnrun.models.graph.connections import Single

        kind = SYNAPSES.name_of(self)
        return Single(pre, post, kind=kind, weight=self.weight, delay=self.delay)  # type: ignore[arg-type]


class OneToOneSettings(SingleSettings):
    """From each neuron to the one of the same place."""


class AllButSelfSettings(SingleSettings):
    """From each neuron to all but the one of the same place."""


_HERE = "snnrun.models.graph."

SYNAPSES: Table[Entry] = Table(
    "kind of synapses",
    "snnrun.synapses",
    {
        "dense": Entry(DenseSettings, _HERE + "connections:Dense", "", "all to all"),
        "sparse": Entry(
            SparseSettings, _HERE + "sparse:Sparse", "", "a share of all, drawn once for all"
        ),
        "one_to_one": Entry(
            OneToOneSettings, _HERE + "connections:Single", "", "to the neuron of the same place"
        ),
        "all_but_self": Entry(
            AllButSelfSettings,
            _HERE + "connections:Single",
            "",
            "to all but that of the same place",
        ),
        "conv2d": Entry(
            Conv2dSettings,
            _HERE + "images:Conv2d",
            "",
            "filters over an image, the same at all places",
        ),
        "local": Entry(
            LocalSettings,
            _HERE + "images:Local",
            "Saunders et al., Neural Networks 119 (2019)",
            "filters over an image, each place with weights of its own",
        ),
        "max_pool2d": Entry(
            MaxPool2dSettings,
            _HERE + "pooling:MaxPool2d",
            "",
            "a spike where any neuron of a window spikes",
        ),
        "adaptive_max_pool2d": Entry(
            AdaptiveMaxPool2dSettings,
            _HERE + "pooling:AdaptiveMaxPool2d",
            "",
            "a spike where any neuron of a window spikes; windows by the size of the group reached",
        ),
    },
    SynapsesSettings,
    elsewhere={"full": "dense", "linear": "dense", "all_to_all": "dense"},
)
