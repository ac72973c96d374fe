"""The learner: encoder, model and rule of an experiment, and with them all the state there is.

What is saved, shared, restored for the best epoch, or taken from another run is the learner's
``state_dict``: ``model.*``, ``rule.*`` and ``encoder.*``, each tensor once. Training and evaluation
mode are switched here and nowhere else.
"""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
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
from snnrun.errors import ConfigError, DataError
from snnrun.kernels import cuda
from snnrun.learning import RULES
from snnrun.learning.outcome import Outcome
from snnrun.learning.rule import Rule
from snnrun.models import MODELS
from snnrun.models.model import Model
from snnrun.runs.checkpoint import Checkpoint, check_fit

if TYPE_CHECKING:
    from snnrun.experiment import Experiment

PRECISIONS = {"float32": torch.float32, "float64": torch.float64}


class Learner(nn.Module):
    """An encoder, a model and its learning rule, which belong together.

    Calling it shows it samples: ``learner(values)`` with ``values [samples, *shape]`` returns the
    :class:`~snnrun.core.record.Record` of the model.
    """

    encoder: Encoder
    model: Model
    rule: Rule

    def __init__(
        self,
        encoder: Encoder,
        model: Model,
        rule: Rule,
        dtype: torch.dtype = torch.float32,
        augmentations: tuple[Augmentation, ...] = (),
    ) -> None:
        super().__init__()
        self.encoder, self.model, self.rule = encoder, model, rule
        self.dtype, self.augmentations = dtype, augmentations
        self._frozen = {name for name, each in self.named_parameters() if not each.requires_grad}
        self._refuse_twins()

    def _refuse_twins(self) -> None:
        """Refuse a rule that took parts of the model in as its own."""
        known = {id(tensor): name for name, tensor in self.model.named_parameters()}
        known |= {id(tensor): name for name, tensor in self.model.named_buffers()}
        for name, tensor in [*self.rule.named_parameters(), *self.rule.named_buffers()]:
            if id(tensor) in known:
                raise TypeError(
                    f"{type(self.rule).__name__} holds {known[id(tensor)]} of the model as its own "
                    f"{name}; refer to it through self.model"
                )

    @property
    def device(self) -> torch.device:
        """Where the learner lives, and all that it is shown."""
        return next(iter([*self.parameters(), *self.buffers()]), torch.empty(0)).device

    def requires_grad_(self, requires_grad: bool = True) -> "Learner":
        """Let the parameters gather gradients, but those that were frozen from the start."""
        for name, parameter in self.named_parameters():
            parameter.requires_grad_(requires_grad and name not in self._frozen)
        return self

    @contextmanager
    def evaluating(self) -> Iterator[None]:
        """Be in evaluation mode, without gradients, inside the block."""
        before = self.training
        self.eval()
        try:
            with torch.no_grad():
                yield
        finally:
            self.train(before)

    # ---- state ----

    def take(self, saved: Checkpoint, samples: Callable[[], Iterable[Tensor]]) -> None:
        """Take over the tensors of a checkpoint.

        Args:
            saved: the checkpoint.
            samples: the values of training samples, batch by batch; asked for only where an
                earlier version did not save what the encoder had learned of them.

        Raises:
            DataError: naming the first tensor that is missing, unknown, of another shape or kind,
                or not finite.
        """
        if saved.format == 1 and self.encoder.state_dict():
            self.encoder.fit(samples())
        wanted, tensors = self.state_dict(), saved.tensors
        if saved.format == 1:  # it may lack, or have more, of what is not the model's
            own = {name: tensor for name, tensor in wanted.items() if not _is_model(name)}
            tensors = own | {n: t for n, t in tensors.items() if n in own or _is_model(n)}
        check_fit(saved.path, tensors, wanted)
        try:
            self.load_state_dict(tensors)
        except DataError as error:
            raise DataError(f"{saved.path}: {error}") from error

    def parameter_groups(self) -> list[dict[str, Any]]:
        """Return what there is to train, with learning rates where parts have their own."""
        return list(self.model.parameter_groups())

    # ---- showing samples ----

    def forward(self, values: Tensor) -> Record:
        """Return what the model does with samples ``values [samples, *shape]``."""
        record: Record = self.model(self.encoder(self.prepare(values)))
        return record

    def prepare(self, values: Tensor) -> Tensor:
        """Return ``values [samples, *shape]`` prepared to be shown where nothing is learned."""
        for augment in self.augmentations:
            values = augment.still(values)
        found: Tensor = self.encoder.prepare(values)
        return found

    # ---- what training and evaluation do; random numbers come from torch's own generator ----

    def encode(self, split: Split) -> tuple[Tensor, Tensor]:
        """Return the prepared inputs and the labels of a split."""
        values, labels = self._tensors(split)
        return self.prepare(values), labels

    def lessons(self, split: Split) -> tuple[Tensor, Tensor]:
        """Return what :meth:`teach` takes: prepared inputs, or values if they are augmented."""
        if not self.augmentations:
            return self.encode(split)
        return self._tensors(split)

    def _tensors(self, split: Split) -> tuple[Tensor, Tensor]:
        values, labels = torch.from_numpy(split.inputs), torch.from_numpy(split.labels)
        return values.to(self.device, self.dtype), labels.to(self.device)

    def teach(self, lessons: Tensor) -> Tensor:
        """Return what the model sees of one batch of lessons."""
        if self.augmentations:
            for augment in self.augmentations:
                lessons = augment(lessons)
            lessons = self.encoder.prepare(lessons)
        found: Tensor = self.encoder(lessons)
        return found

    def judge(
        self, inputs: Tensor, labels: Tensor, size: int, seed: int, *stream: str | int
    ) -> Iterator[tuple[Outcome, Record, Tensor]]:
        """Yield outcome, record and labels of one batch after another; nothing learns.

        Args:
            inputs: prepared inputs ``[samples, ...]``.
            labels: ``[samples]``.
            size: samples of a batch.
            seed: the seed of the experiment.
            stream: what else random numbers depend on: split and epoch.
        """
        for start in range(0, len(labels), size):
            begin(seed, *stream, sample=start)
            chosen = slice(start, start + size)
            outcome, record = self.rule.evaluate(self.encoder(inputs[chosen]), labels[chosen])
            yield outcome, record, labels[chosen]


def _is_model(name: str) -> bool:
    return name.startswith("model.")


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


def build_learner(experiment: "Experiment") -> Learner:
    """Return the learner of an experiment as it is before training, on the CPU."""
    dtype, classes = PRECISIONS[experiment.train.precision], len(experiment.data.classes)
    encoder = build_encoder(experiment.encoder, experiment.sample_shape)
    build, weights = (
        entry_of(MODELS, experiment.model).load(),
        generator(experiment.seed, "weights"),
    )
    begin(experiment.seed, "layers")  # for layers of torch, which know no generator of ours
    model = build(experiment.model, experiment.model_input, classes, weights).to(dtype)
    begin(experiment.seed, "rule")
    rule = entry_of(RULES, experiment.learning).load()(experiment.learning, model)
    augmentations = tuple(
        entry_of(AUGMENTATIONS, change).load()(change) for change in experiment.train.augment
    )
    return Learner(encoder, model, rule, dtype, augmentations)


def load_data(experiment: "Experiment") -> Dataset:
    """Return the data set of an experiment."""
    return load_dataset(experiment.data)


def training_values(dataset: Dataset) -> Iterator[Tensor]:
    """Yield the values of the training samples, as encoders adapt to them."""
    yield torch.from_numpy(dataset.train.inputs)
