"""The layer of 2022 as its users know it: the same arguments, attributes and methods.

Differences: the default of ``dilation`` is [1, 1], where the original's [0, 0] was refused by
itself; padding works; threads are torch's (``torch.set_num_threads``), so
``number_of_cpu_processes`` is kept and has no effect. Spikes follow ``torch.manual_seed``.
"""

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor
from torch.nn import Parameter

from snnrun.core.random import Random
from snnrun.kernels.sbs.layer import Draw, Geometry
from snnrun.models.sbs.inference import EpsXYSettings, InferenceSettings
from snnrun.models.sbs.layer import SbsLayer
from snnrun.models.sbs.spiking import Place
from snnrun.models.sbs.weights import Learning

Two = Sequence[int]


class SbS(SbsLayer):
    """A layer of Spike-By-Spike neurons; ``layer(images)`` returns ``[batch, neurons, X, Y]``.

    Example:
        >>> layer = SbS(2, 5, [8, 7], [3, 3], 20, torch.ones(20), strides=[2, 1])
        >>> layer(torch.rand(4, 2, 8, 7)).shape
        torch.Size([4, 5, 3, 5])
        >>> layer.output_size, layer.weights.shape, layer.epsilon_xy.shape
        ((3, 5), torch.Size([18, 5]), torch.Size([3, 5]))
    """

    def __init__(
        self,
        number_of_input_neurons: int,
        number_of_neurons: int,
        input_size: Two,
        forward_kernel_size: Two,
        number_of_spikes: int,
        epsilon_t: Tensor,
        epsilon_xy_intitial: float = 0.1,
        epsilon_0: float = 1.0,
        weight_noise_amplitude: float = 0.01,
        is_pooling_layer: bool = False,
        strides: Two = (1, 1),
        dilation: Two = (1, 1),
        padding: Two = (0, 0),
        alpha_number_of_iterations: int = 0,
        number_of_cpu_processes: int = 1,
    ) -> None:
        _check_neurons(number_of_input_neurons, number_of_neurons, is_pooling_layer)
        constants = InferenceSettings(
            spikes=number_of_spikes,
            eps_0=epsilon_0,
            eps_xy=EpsXYSettings(per="position", initial=epsilon_xy_intitial),
            alpha_iterations=alpha_number_of_iterations,
            alpha_floor=1.19e-4,
        )
        sizes = (forward_kernel_size, strides, dilation, padding)
        geometry = Geometry(*((int(x), int(y)) for x, y in sizes))
        shape = number_of_input_neurons, int(input_size[0]), int(input_size[1])
        place = Place(constants, shape, geometry, step_factor=True)
        super().__init__(place, number_of_neurons, Learning(trainable=not is_pooling_layer))
        self.number_of_cpu_processes = number_of_cpu_processes
        self.set_epsilon_t(epsilon_t)
        self.initialize_weights(is_pooling_layer, weight_noise_amplitude)
        self.to(torch.get_default_dtype())

    def __setattr__(self, name: str, value: Any) -> None:
        """Set an attribute; a plain tensor fills weights or step sizes, which stay parameters.

        Raises:
            ValueError: the tensor has another shape.
        """
        own = self.__dict__.get("_parameters", {}).get(name)
        if own is None or not isinstance(value, Tensor) or isinstance(value, Parameter):
            super().__setattr__(name, value)
            return
        if value.shape != own.shape:
            raise ValueError(f"{name}: expected shape {list(own.shape)}, got {list(value.shape)}")
        own.data.copy_(value)

    def set_epsilon_t(self, epsilon_t: Tensor) -> None:
        """Set the step size of each spike, ``[number_of_spikes]``.

        Raises:
            ValueError: there is not one for each spike.
        """
        if epsilon_t.shape != self.epsilon_t.shape:
            raise ValueError(
                f"epsilon_t: expected shape {list(self.epsilon_t.shape)}, one for each spike, "
                f"got {list(epsilon_t.shape)}"
            )
        self.epsilon_t = epsilon_t.detach().clone()

    def forward(self, x: Tensor, draw: Draw | None = None) -> Tensor:
        """Return the activities ``[batch, neurons, X, Y]``; every call draws new spikes."""
        if draw is None:
            fresh = Random.fresh(len(x))
            draw = Draw(fresh.key("spikes"), fresh.samples)
        return super().forward(x, draw)

    @property
    def number_of_input_neurons(self) -> int:
        """Channels of the input."""
        return self.place.shape[0]

    @property
    def number_of_spikes(self) -> int:
        """Spikes of each group."""
        return len(self.epsilon_t)

    @property
    def epsilon_0(self) -> float:
        """Factor of every step size; may be set."""
        return self.place.constants.eps_0

    @epsilon_0.setter
    def epsilon_0(self, value: float) -> None:
        self._set(eps_0=value)

    @property
    def kernel_size(self) -> tuple[int, int]:
        """Rows and columns of the kernel."""
        return self.geometry.kernel

    @property
    def stride(self) -> tuple[int, int]:
        """Input rows and columns from one position to the next."""
        return self.geometry.stride

    @property
    def dilation(self) -> tuple[int, int]:
        """Input rows and columns from one place of the kernel to the next."""
        return self.geometry.dilation

    @property
    def padding(self) -> tuple[int, int]:
        """Rows and columns of zeros around the input."""
        return self.geometry.padding

    @property
    def alpha_number_of_iterations(self) -> int:
        """Iterations of the weights of the output positions; may be set."""
        return self.place.constants.alpha_iterations

    @alpha_number_of_iterations.setter
    def alpha_number_of_iterations(self, value: int) -> None:
        self._set(alpha_iterations=value)

    def _set(self, **changes: float) -> None:
        """Change constants of the inference, which are checked as those of a config."""
        kept = dict(self.place.constants)
        self.place = self.place._replace(constants=InferenceSettings(**{**kept, **changes}))

    @property
    def h_initial(self) -> Tensor:
        """Activities before the first spike: all alike."""
        return torch.full((self.number_of_neurons,), 1 / self.number_of_neurons)

    def set_h_init_to_uniform(self) -> None:
        """Begin with equal activities, as always."""


def _check_neurons(inputs: int, neurons: int, pooling: bool) -> None:
    """Refuse numbers of neurons that no layer can have."""
    if neurons < 1:
        raise ValueError(f"number_of_neurons: expected at least 1, got {neurons}")
    if pooling and neurons != inputs:
        raise ValueError(
            f"number_of_neurons: pooling has one for each of the {inputs} input neurons, "
            f"got {neurons}"
        )
