"""Build what an experiment names: data, encoder, network, learning rule."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn

from snnrun.core.random import begin, generator
from snnrun.core.record import Record
from snnrun.core.registry import entry_of
from snnrun.data import Dataset, Split, load_dataset
from snnrun.data.augmentations import AUGMENTATIONS, Augmentation
from snnrun.encoders import build_encoder
from snnrun.encoders.encoder import Encoder
from snnrun.errors import ConfigError
from snnrun.kernels import cuda
from snnrun.learning import RULES
from snnrun.learning.keeper import Keeper
from snnrun.learning.outcome import Outcome
from snnrun.models import MODELS

if TYPE_CHECKING:
    from snnrun.experiment import Experiment

PRECISIONS = {"float32": torch.float32, "float64": torch.float64}
CPU = torch.device("cpu")


@dataclass(frozen=True)
class Network:
    """An encoder, a network and its learning rule, which belong together."""

    encoder: Encoder
    model: nn.Module
    rule: Any
    dtype: torch.dtype
    augmentations: tuple[Augmentation, ...] = ()
    device: torch.device = CPU

    def on(self, device: torch.device) -> "Network":
        """Return the network on a device; it and all that it is shown from now on live there."""
        return replace(self, model=self.model.to(device), device=device)

    def parameter_groups(self) -> list[dict[str, Any]]:
        """Return what there is to train, with learning rates where parts have their own."""
        own = getattr(self.model, "parameter_groups", None)
        return list(own()) if own else [{"params": list(self.model.parameters())}]

    def encode(self, split: Split) -> tuple[Tensor, Tensor]:
        """Return the encoded inputs and the labels of a split."""
        values, labels = self._tensors(split)
        return self.code(values), labels

    def code(self, values: Tensor) -> Tensor:
        """Return the code of ``values [samples, *shape]`` where nothing is learned."""
        for augment in self.augmentations:
            values = augment.still(values)
        return self.encoder(values)

    def lessons(self, split: Split) -> tuple[Tensor, Tensor]:
        """Return what :meth:`teach` takes: encoded inputs, or values if they are augmented."""
        if not self.augmentations:
            return self.encode(split)
        return self._tensors(split)

    def _tensors(self, split: Split) -> tuple[Tensor, Tensor]:
        values, labels = torch.from_numpy(split.inputs), torch.from_numpy(split.labels)
        return values.to(self.device, self.dtype), labels.to(self.device)

    def teach(self, lessons: Tensor) -> Tensor:
        """Return what the network sees of one batch of lessons."""
        if self.augmentations:
            for augment in self.augmentations:
                lessons = augment(lessons)
            lessons = self.encoder(lessons)
        return self.encoder.present(lessons, training=True)

    def epoch_statistics(self) -> dict[str, float]:
        """Return what the rule has to tell once an epoch, if anything; name -> number."""
        own = getattr(self.rule, "epoch_statistics", None)
        return dict(own()) if own else {}

    def keeper(self) -> Keeper:
        """Return what sees a validation pass and makes the arrays that are kept of an epoch."""
        own = getattr(self.rule, "keeper", Keeper)
        keeper: Keeper = own()
        return keeper

    def judge(
        self, inputs: Tensor, labels: Tensor, size: int, seed: int, *stream: str | int
    ) -> Iterator[tuple[Outcome, Record, Tensor]]:
        """Yield outcome, record and labels of one batch after another; nothing learns.

        Args:
            inputs: encoded inputs ``[samples, ...]``.
            labels: ``[samples]``.
            size: samples of a batch.
            seed: the seed of the experiment.
            stream: what else random numbers depend on: split and epoch.
        """
        for start in range(0, len(labels), size):
            begin(seed, *stream, sample=start)
            chosen = slice(start, start + size)
            seen = self.encoder.present(inputs[chosen], training=False)
            outcome, record = self.rule.evaluate(seen, labels[chosen])
            yield outcome, record, labels[chosen]


def choose_device(experiment: "Experiment", wanted: str) -> torch.device:
    """Return the device for auto, cpu or cuda; auto takes a GPU only with kernels for it.

    Raises:
        ConfigError: cuda is wanted, but there is none.
    """
    there = "cuda" in experiment.model.devices and torch.cuda.is_available()
    if wanted == "cuda" and not there:
        raise ConfigError(
            "train.device: cuda, but torch finds no CUDA device here; expected cpu or auto"
        )
    if wanted == "auto":
        wanted = "cuda" if there and cuda.installed() is not None else "cpu"
    return torch.device(wanted)


def build_network(experiment: "Experiment") -> Network:
    """Return the network of an experiment as it is before training, on the CPU."""
    dtype, classes = PRECISIONS[experiment.train.precision], len(experiment.data.classes)
    encoder = build_encoder(experiment.encoder)
    build, weights = (
        entry_of(MODELS, experiment.model).load(),
        generator(experiment.seed, "weights"),
    )
    model = build(experiment.model, experiment.model_input, classes, weights).to(dtype)
    begin(experiment.seed, "rule")
    rule = entry_of(RULES, experiment.learning).load()(experiment.learning, model)
    augmentations = tuple(
        entry_of(AUGMENTATIONS, change).load()(change) for change in experiment.train.augment
    )
    return Network(encoder, model, rule, dtype, augmentations)


def load_data(experiment: "Experiment") -> Dataset:
    """Return the data set of an experiment."""
    return load_dataset(experiment.data)


def fit_encoder(network: Network, dataset: Dataset) -> None:
    """Let the encoder adapt to the training samples."""
    network.encoder.fit(torch.from_numpy(dataset.train.inputs))
