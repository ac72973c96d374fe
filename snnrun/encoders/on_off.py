r"""On/off split: what is darker and what is lighter than a level, as channels of their own.

    2022    off = 2 relu(m - v), on = 2 relu(v - m)      off and on of each channel in turn
    2023    on = relu(v - 0.5), off = relu(0.5 - v)      all on channels, then all off channels

m is the mean of a channel over all training images, as the ganglion cells of a retina adapt to the
light around (Rotermund, Pawelzik, Frontiers in Computational Neuroscience 13 (2019)).
"""

import math
from collections.abc import Iterable

import torch
from torch import Tensor

from snnrun.encoders.encoder import Encoder
from snnrun.encoders.settings import OnOffSettings
from snnrun.errors import DataError


class OnOff(Encoder):
    """The split above; ``mean [channels]``, float64, is nan until it is known.

    Example:
        >>> split = OnOff(OnOffSettings(mean=(0.25,)), (1, 1, 1))
        >>> split.prepare(torch.tensor([[0.0], [1.0]])).flatten(1)
        tensor([[0.5000, 0.0000],
                [0.0000, 1.5000]])
    """

    settings: OnOffSettings
    mean: Tensor

    def __init__(self, settings: OnOffSettings, shape: tuple[int, ...]) -> None:
        super().__init__(settings, shape)
        given = settings.mean or (math.nan,) * shape[0]
        mean = torch.tensor(given, dtype=torch.float64)
        self.register_buffer("mean", mean, persistent=self.adapts)
        self.register_load_state_dict_post_hook(_check)  # type: ignore[no-untyped-call]

    @property
    def adapts(self) -> bool:
        """Whether the means are those of the training images."""
        return self.settings.dialect == 2022 and self.settings.mean is None

    def fit(self, values: Iterable[Tensor]) -> None:
        """Take the means over the training images, where the settings give none."""
        if not self.adapts:
            return
        sums, number = torch.zeros_like(self.mean), 0
        for part in values:
            channels = part.double().transpose(0, 1).flatten(1)
            sums, number = sums + channels.sum(1), number + channels.shape[1]
        self.mean.copy_(sums / number)

    def prepare(self, values: Tensor) -> Tensor:
        """Return ``[samples, 2 channels, height, width]``.

        Raises:
            RuntimeError: nobody has told the means.
        """
        images = values if values.dim() == 4 else values[:, :, None, None]
        if self.settings.dialect == 2023:
            return (images - 0.5).repeat(1, 2, 1, 1).mul_(self._signs(images)).relu_()
        if self.mean.isnan().any():
            raise RuntimeError("the on/off split needs fit() before it is used")
        light = 2 * (images - self.mean.to(images)[:, None, None])
        return light[:, :, None].mul(light.new_tensor([-1, 1])[:, None, None]).flatten(1, 2).relu_()

    def _signs(self, images: Tensor) -> Tensor:
        """Return 1 for the channels that are on, -1 for those that are off."""
        signs = images.new_tensor([1.0, -1.0])
        return signs.repeat_interleave(images.shape[1])[:, None, None]


def _check(encoder: OnOff, _: object) -> None:
    """Refuse means that no images in the unit interval have.

    Raises:
        DataError: naming the first.
    """
    for value in encoder.mean[(encoder.mean < 0) | (encoder.mean > 1)].tolist():
        raise DataError(f"encoder.mean holds {value:g}; expected 0 to 1")
