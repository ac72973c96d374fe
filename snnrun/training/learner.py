"""The learner: encoder, model and rule of an experiment, and with them all the state there is.

What is saved, shared, restored for the best epoch, or taken from another run is the learner's
``state_dict``: ``model.*``, ``rule.*`` and ``encoder.*``, each tensor once. Training and evaluation
mode are switched here and nowhere else.
"""

import fnmatch
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn

from snnrun.core.random import Random, generator, seed_torch
from snnrun.core.record import Record
from snnrun.core.registry import near
from snnrun.data import Dataset, load_dataset
from snnrun.data.augmentations import AUGMENTATIONS, Augmentation, changed
from snnrun.data.loader import Loader, Use, chunks
from snnrun.data.reading import read
from snnrun.data.source import Source
from snnrun.encoders import build_encoder
from snnrun.encoders.encoder import Encoder
from snnrun.errors import ConfigError, DataError, NoDataError
from snnrun.kernels import cuda
from snnrun.learning import RULES
from snnrun.learning.rule import Rule
from snnrun.models import MODELS
from snnrun.models.model import Model
from snnrun.runs.checkpoint import Checkpoint
from snnrun.runs.tensors import check_fit
from snnrun.weighing import check_memory

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from snnrun.experiment import Experiment

PRECISIONS = {"float32": torch.float32, "float64": torch.float64}


class Learner(nn.Module):
    """An encoder, a model and its learning rule, which belong together.

    Calling it shows it samples: ``learner(values)`` with ``values [samples, *shape]`` returns the
    :class:`~snnrun.core.record.Record` of the model.

    experiment: what it was built from; None where it was put together by hand.
    """

    encoder: Encoder
    model: Model
    rule: Rule
    experiment: "Experiment | None" = None

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
        known = {_memory(tensor): name for name, tensor in _tensors_of(self.model)}
        for name, tensor in _tensors_of(self.rule):
            if tensor.numel() and _memory(tensor) in known:
                raise TypeError(
                    f"{type(self.rule).__name__} holds {known[_memory(tensor)]} of the model as "
                    f"its own {name}; refer to it through self.model"
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
        own = {name: t for name, t in saved.tensors.items() if name.startswith("rule.")}
        self.rule.expect({name.removeprefix("rule."): each for name, each in own.items()})
        wanted, tensors = self.state_dict(), saved.tensors
        if saved.format == 1:  # it may lack, or have more, of what is not the model's
            own = {name: tensor for name, tensor in wanted.items() if not _is_model(name)}
            tensors = own | {n: t for n, t in tensors.items() if n in own or _is_model(n)}
        check_fit(saved.path, tensors, wanted)
        self._load(saved, tensors)

    def start_from(self, saved: Checkpoint) -> None:
        """Take over the model of a checkpoint, not what rule and encoder had learned.

        Raises:
            DataError: naming the first tensor that is missing, unknown, of another shape or kind,
                or not finite.
        """
        wanted, tensors = (
            {name: tensor for name, tensor in each.items() if _is_model(name)}
            for each in (self.state_dict(), saved.tensors)
        )
        check_fit(saved.path, tensors, wanted)
        self._load(saved, tensors, strict=False)
        self.model.taken_over()

    def _load(self, saved: Checkpoint, tensors: dict[str, Tensor], strict: bool = True) -> None:
        try:
            self.load_state_dict(tensors, strict=strict)
        except DataError as error:
            raise DataError(f"{saved.path}: {error}") from error

    def parameter_groups(self) -> list[dict[str, Any]]:
        """Return what there is to train, with learning rates where parts have their own."""
        groups = []
        for group in self.model.parameter_groups():
            learning = [each for each in group["params"] if each.requires_grad]
            if learning:
                groups.append({**group, "params": learning})
        return groups

    def targets(self) -> dict[str, tuple[float, Callable[[float], None]]]:
        """Return the numbers that schedules may change, as configs call them."""
        return {
            **{f"model.{name}": target for name, target in self.model.targets().items()},
            **{f"learning.{name}": target for name, target in self.rule.targets().items()},
        }

    def freeze(self, patterns: Sequence[str]) -> None:
        """Keep parameters of the model as they are.

        Raises:
            ConfigError: a pattern matches no parameter.
        """
        names = {name: each for name, each in self.model.named_parameters()}
        for index, pattern in enumerate(patterns):
            found = fnmatch.filter(names, pattern)
            if not found:
                guess = near(pattern, names)
                hint = f"; did you mean {guess!r}?" if guess else f"; there are: {', '.join(names)}"
                raise ConfigError(f"train.frozen.{index}: no parameter matches {pattern!r}{hint}")
            for name in found:
                names[name].requires_grad_(False)
                self._frozen.add(f"model.{name}")

    # ---- showing samples ----

    def __call__(self, values: "Tensor | ArrayLike") -> Record:
        """Return what the model does with samples.

        Random numbers follow torch's own generator.

        Args:
            values: ``[samples, *shape]``, as the data set has them: a tensor, an array, or lists.
                Of samples with a time axis, that is the first one of ``shape``.

        Raises:
            ValueError: they have another shape than the samples that the network was made for.
        """
        record: Record = super().__call__(values)
        return record

    def forward(self, values: "Tensor | ArrayLike") -> Record:
        """Return what :meth:`__call__` does."""
        shown = torch.as_tensor(values, device=self.device)
        if not shown.is_floating_point() or not isinstance(values, Tensor):
            shown = shown.to(self.dtype)
        self._refuse_shape(shown)
        record = self.show(shown, Random.fresh(len(shown)))[1]
        record.layers = self.model.layer_names(record)
        return record

    def _refuse_shape(self, values: Tensor) -> None:
        """Refuse what is no batch of samples, where their shape is known."""
        if self.experiment is None:
            return
        data = self.experiment.data
        time = () if data.steps is None else ("time",)
        if values.shape[1 + len(time) :] != data.input_shape:
            wanted = ", ".join(map(str, ("samples", *time, *data.input_shape)))
            raise ValueError(f"expected values [{wanted}], got {[*values.shape]}")

    def __repr__(self) -> str:
        own = self.experiment
        if own is None:
            return super().__repr__()
        whole = own.model_dump()
        parts = ("data", "encoder", "model", "learning")
        names = [f"{part} {whole[part]['name']}" for part in parts]
        state = "" if self.training else "; evaluation mode"
        return f"Learner: {', '.join(names)}{state}\n{self.model!r}"

    def show(self, values: Tensor, random: Random) -> tuple[Tensor, Record]:
        """Return what the model sees of samples ``[samples, *shape]``, and what it does with it."""
        shown = changed(self.augmentations, values)
        seen: Tensor = self.encoder(self.encoder.prepare(shown), random)
        record: Record = self.model(seen, random)
        return seen, record

    def loader(
        self, source: Source, experiment: "Experiment", use: Use, size: int, **options: Any
    ) -> Loader:
        """Return what makes batches of a source for this learner.

        Args:
            source: of samples.
            experiment: that the learner was built for.
            use: what the samples are shown for.
            size: samples of a batch.
            options: see :class:`~snnrun.data.loader.Loader`.
        """
        return Loader(
            source,
            experiment.data,
            self.encoder,
            use,
            experiment.seed,
            size,
            self.augmentations,
            self.dtype,
            self.device,
            **options,
        )


def _tensors_of(module: nn.Module) -> list[tuple[str, Tensor]]:
    return [*module.named_parameters(), *module.named_buffers()]


def _memory(tensor: Tensor) -> int:
    return tensor.untyped_storage().data_ptr()


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
    """Return the learner of an experiment as it is before training, on the CPU.

    Raises:
        ConfigError: this machine has no memory for it.
    """
    check_memory(experiment, learning=False)
    dtype, classes = PRECISIONS[experiment.train.precision], experiment.data.outputs
    kind = experiment.model.input_kind
    encoder = build_encoder(experiment.encoder, experiment.sample_shape, kind)
    build, weights = (
        MODELS.entry_of(experiment.model).load(),
        generator(experiment.seed, "weights"),
    )
    seed_torch(experiment.seed, "layers")  # for layers of torch, which know no generator of ours
    model = build(experiment.model, experiment.model_input, classes, weights).to(dtype)
    seed_torch(experiment.seed, "rule")
    rule = RULES.entry_of(experiment.learning).load()(experiment.learning, model)
    augmentations = tuple(
        AUGMENTATIONS.entry_of(change).load()(change) for change in experiment.train.augment
    )
    model.described = experiment.layers()
    learner = Learner(encoder, model, rule, dtype, augmentations)
    learner.experiment = experiment
    learner.freeze(experiment.train.frozen)
    return learner


def load_data(experiment: "Experiment") -> Dataset:
    """Return the data set of an experiment.

    Raises:
        NoDataError: it is absent or damaged.
    """
    try:
        return load_dataset(experiment.data)
    except DataError as error:
        raise NoDataError(error) from error


def training_values(dataset: Dataset) -> Iterator[Tensor]:
    """Yield the values of the training samples, as encoders adapt to them."""
    for numbers in chunks(dataset.train):
        values, _ = read(dataset.train, numbers, dataset.settings.values, "train")
        yield torch.from_numpy(values)
