r"""On/off split: what is darker and what is lighter than a level, as channels of their own.

    2022    off = 2 relu(m - v), on = 2 relu(v - m)      off and on of each channel in turn
    2023    on = relu(v - 0.5), off = relu(0.5 - v)      all on channels, then all off channels

m is the mean of a channel over all training images, as the ganglion cells of a retina adapt to the
light around (Rotermund, Pawelzik, Frontiers in Computational Neuroscience 13 (2019)).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from snnrun.encoders.encoder import Encoder
from snnrun.encoders.images import ImageSettings

if TYPE_CHECKING:  # the settings are read where torch is not wanted
    from torch import Tensor


class OnOffSettings(ImageSettings):
    """Around which level, and in which order."""

    dialect: Annotated[
        Literal[2022, 2023],
        Field(description="2022: around the mean of the channel; 2023: around 0.5"),
    ] = 2022
    mean: Annotated[
        tuple[float, ...] | None,
        Field(
            min_length=1,
            description="mean of each channel, for dialect 2022; null: of the training images",
        ),
    ] = None

    def channels(self, given: int) -> int:
        """Return two for each.

        Raises:
            ValueError: there is not one mean for each channel.
        """
        if self.mean is not None and len(self.mean) != given:
            raise ValueError(f"mean: expected {given}, one for each channel, got {len(self.mean)}")
        return 2 * given


class OnOff(Encoder):
    """The split above.

    Example:
        >>> import torch
        >>> OnOff(OnOffSettings(mean=(0.25,)))(torch.tensor([[0.0], [1.0]])).flatten(1)
        tensor([[0.5000, 0.0000],
                [0.0000, 1.5000]])
    """

    def __init__(self, settings: OnOffSettings) -> None:
        self.dialect, self.mean = settings.dialect, settings.mean

    def fit(self, values: Tensor) -> None:
        """Take the means over the training images, where the settings give none."""
        if self.mean is None:
            channels = values.double().transpose(0, 1).flatten(1)
            self.mean = tuple(channels.mean(1).tolist())

    def __call__(self, values: Tensor) -> Tensor:
        """Return ``[samples, 2 channels, height, width]``.

        Raises:
            RuntimeError: nobody has told the means.
        """
        images = values if values.dim() == 4 else values[:, :, None, None]
        if self.dialect == 2023:
            return (images - 0.5).repeat(1, 2, 1, 1).mul_(self._signs(images)).relu_()
        if self.mean is None:
            raise RuntimeError("the on/off split needs fit() before it is used")
        light = 2 * (images - images.new_tensor(self.mean)[:, None, None])
        return light[:, :, None].mul(light.new_tensor([-1, 1])[:, None, None]).flatten(1, 2).relu_()

    def _signs(self, images: Tensor) -> Tensor:
        """Return 1 for the channels that are on, -1 for those that are off."""
        signs = images.new_tensor([1.0, -1.0])
        return signs.repeat_interleave(images.shape[1])[:, None, None]
