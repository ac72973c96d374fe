"""What the settings of every model can tell without building it."""

import math
from abc import abstractmethod
from collections.abc import Iterable
from typing import Any, ClassVar

from snnrun.core.capabilities import Capability, InputKind
from snnrun.core.registry import Settings


class ModelSettings(Settings):
    """Settings of a model.

    input_kind: what an encoder has to give.
    offers: what rules and figures may count on.
    devices: where it runs.
    targets: numbers that schedules may change, see :meth:`snnrun.models.model.Model.targets`.
    shown_of_training: of the training split, figures show so many samples at most, of models that
        take milliseconds over each of them and so minutes over all; None: all.
    """

    input_kind: ClassVar[InputKind] = InputKind.SPIKE_TIMES
    offers: ClassVar[frozenset[Capability]] = frozenset()
    devices: ClassVar[tuple[str, ...]] = ("cpu",)
    targets: ClassVar[tuple[str, ...]] = ()
    shown_of_training: ClassVar[int | None] = None

    def input_shape(self, shape: tuple[int, ...]) -> Any:
        """Return what :meth:`describe` and the builder are told of samples of this shape.

        Returns:
            The number of input neurons, or, of models that take images, the shape itself.

        Raises:
            ValueError: the model cannot take such samples.
        """
        flat = self.input_kind in (InputKind.SPIKE_TIMES, InputKind.STEPS)
        return math.prod(shape) if flat else shape

    def check_steps(self, steps: int) -> None:
        """Refuse samples that are shown for so many steps, if the model is for another number.

        Raises:
            ValueError: it is; the text may begin with the key to blame.
        """

    def check_step_length(self, ms: float) -> None:
        """Refuse samples whose encoder has steps of so many ms, if those of the model are others.

        Raises:
            ValueError: they are; the text may begin with the key to blame.
        """

    def check_traces(self) -> None:
        """Refuse layers that do not learn step by step; of models that offer ``TRACES``.

        Raises:
            ValueError: naming the first.
        """

    def whole_batches(self) -> str | None:
        """Return why a batch cannot be split over processes in training; None: it can."""
        return None

    @abstractmethod
    def describe(self, inputs: Any, classes: int) -> list[tuple[str, str, int]]:
        """Return name, shape and number of parameters of each layer.

        Args:
            inputs: what :meth:`input_shape` returns.
            classes: number of classes.

        Raises:
            ValueError: the network does not fit; the text may begin with the key to blame, as
                :func:`snnrun.core.paths.dotted` writes it.
        """

    def layer_outputs(self, inputs: Any, classes: int) -> Iterable[tuple[str, int]]:
        """Return key and number of outputs, of a sample at a step, of each layer; empty: not known.

        From these a training is weighed before it begins, see :mod:`snnrun.weighing`.

        Args:
            inputs: what :meth:`input_shape` returns.
            classes: number of classes.
        """
        return ()

    def words(self, inputs: Any) -> Iterable[tuple[str, str, str]]:
        """Return rows of what, name and description that tell more of the network to people.

        Args:
            inputs: what :meth:`input_shape` returns.
        """
        return ()
