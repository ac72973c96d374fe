"""What layers that draw spikes have in common: patches, step sizes, random numbers."""

from typing import Any, NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional

from snnrun.kernels.sbs.layer import Alpha, Draw, Geometry, StepSizes, epsilon_t
from snnrun.models.sbs.inference import InferenceSettings
from snnrun.models.window import Shape, WindowSettings


def geometry_of(window: WindowSettings, shape: Shape) -> Geometry:
    """Return what the kernels are told of the patches of input of this shape."""
    return Geometry(window.kernel_size(shape), window.stride, window.dilation, window.padding)


class Place(NamedTuple):
    """Where a spiking layer stands: the constants of its inference, its input and patches.

    constants: of inference.
    shape: of the input.
    geometry: of the patches.
    step_factor: whether errors that go to the layer below are times e / (1 + e).
    """

    constants: InferenceSettings
    shape: Shape
    geometry: Geometry
    step_factor: bool = False


class SpikingLayer(nn.Module):
    """A layer that draws spikes from its input.

    moved: neurons of a group that a spike moves.
    epsilon_t: step size against the number of the spike, ``[spikes]``.
    epsilon_xy: step size against its place, ``[rows, columns]`` or ``[rows, columns, kernel rows,
        kernel columns]`` of the output positions; None: 1 everywhere.
    """

    moved = 1
    epsilon_t: Tensor
    epsilon_xy: nn.Parameter | None

    def __init__(self, place: Place) -> None:
        super().__init__()
        self.place, self.geometry = place, place.geometry
        eps_t = place.constants.eps_t
        values = epsilon_t(
            place.constants.spikes, eps_t.schedule, eps_t.cooldown_after, eps_t.reduction
        )
        self.register_buffer("epsilon_t", values, persistent=False)
        self.register_parameter("epsilon_xy", None)
        self.initialize_epsilon_xy(place.constants.eps_xy.initial)
        self._kept: dict[str, Tensor] = {}

    @property
    def output_size(self) -> tuple[int, int]:
        """Rows and columns of output positions."""
        return self.geometry.output_size(*self.place.shape[1:])

    @property
    def steps(self) -> StepSizes:
        """The step sizes that do not depend on the place."""
        constants = self.place.constants
        return StepSizes(constants.eps_0, self.epsilon_t, constants.forgetting)

    @property
    def alpha(self) -> Alpha | None:
        """How to weigh the output positions."""
        constants = self.place.constants
        if not constants.alpha_iterations:
            return None
        return Alpha(constants.alpha_iterations, constants.alpha_floor)

    def own(self, draw: Draw) -> Draw:
        """Return ``draw`` as the layer uses it."""
        return draw._replace(joint=self.place.constants.joint_spikes)

    def updates(self, x: Tensor) -> float:
        """Return how often a spike moves a neuron, in all samples of ``x [batch, ...]``."""
        return self.moved * self.spikes_of(x)

    def spikes_of(self, x: Tensor) -> float:
        """Return how many spikes reach a group; a patch that is all zero draws none.

        Joint spikes reach all groups that see them: of these, the number to expect.
        """
        kernel, stride, dilation, padding = self.geometry
        given: dict[str, Any] = {"dilation": dilation, "padding": padding, "stride": stride}
        total, drawn = x.sum(1, keepdim=True), len(self.epsilon_t)
        if not self.place.constants.joint_spikes:
            seen = functional.unfold(total, kernel, **given).amax(1) > 0
            return drawn * int(seen.sum())
        ones = functional.unfold(torch.ones_like(total[:1]), kernel, **given)
        groups = functional.fold(ones, total.shape[2:], kernel, **given)
        shares = (total / total.sum((2, 3), keepdim=True)).nan_to_num(0.0)
        return drawn * (shares * groups).sum(dtype=torch.float64).item()

    def initialize_epsilon_xy(self, value: float) -> None:
        """Set the step sizes that depend on the place to one value."""
        eps = self.place.constants.eps_xy
        if eps.per == "none":
            return
        shape = self.output_size + (self.geometry.kernel if eps.per == "offset" else ())
        if self.epsilon_xy is None:
            made = torch.full(shape, value, dtype=torch.float64)
            self.epsilon_xy = nn.Parameter(made, requires_grad=eps.trainable)
        self.epsilon_xy.data.fill_(value)

    @torch.no_grad()
    def threshold_epsilon_xy(self, threshold: float) -> None:
        """Raise step sizes below the threshold to it."""
        if self.epsilon_xy is not None:
            self.epsilon_xy.clamp_(min=threshold)

    @torch.no_grad()
    def mean_epsilon_xy(self) -> None:
        """Replace the step sizes by their mean."""
        if self.epsilon_xy is not None:
            self.epsilon_xy.fill_(self.epsilon_xy.mean().item())

    def backup_epsilon_xy(self) -> None:
        """Keep a copy of the step sizes."""
        self._backup("epsilon_xy", self.epsilon_xy)

    def restore_epsilon_xy(self) -> None:
        """Go back to the copy."""
        self._restore("epsilon_xy", self.epsilon_xy)

    def constrain_epsilon_xy(self) -> None:
        """Restore, after an update, what must hold of the step sizes."""
        eps = self.place.constants.eps_xy
        if self.epsilon_xy is not None and self.epsilon_xy.requires_grad:
            self.threshold_epsilon_xy(eps.threshold)
            if eps.mean:
                self.mean_epsilon_xy()

    def _backup(self, name: str, value: Tensor | None) -> None:
        if value is not None:
            self._kept[name] = value.detach().clone()

    @torch.no_grad()
    def _restore(self, name: str, value: Tensor | None) -> None:
        if value is None:
            return
        if name not in self._kept:
            raise RuntimeError(f"there is no backup of {name}; call backup_{name}() first")
        value.copy_(self._kept[name])
