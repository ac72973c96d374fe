"""Changes of torchvision, image by image, each under a seed of its own.

They take 0.04 to 4 ms for an image of 3x32x32 pixels (docs/data.md lists them), of which the seed
is 0.02 ms; so ``train.workers`` pay.
"""

from typing import Any

from torch import Tensor

from snnrun.core.random import Random
from snnrun.data.augmentations.base import Augmentation
from snnrun.data.augmentations.seeded import one_by_one
from snnrun.data.augmentations.transforms.geometry import RandomResizedCropSettings
from snnrun.data.augmentations.transforms.settings import TransformSettings
from snnrun.data.torchvision_door import torchvision
from snnrun.errors import ConfigError


class Transform(Augmentation):
    """A change of ``torchvision.transforms.v2``.

    Args:
        settings: name and arguments.

    Raises:
        ConfigError: torchvision does not take the arguments.
    """

    def __init__(self, settings: TransformSettings) -> None:
        torchvision()
        from torchvision.transforms import v2

        name, arguments = settings.name(), settings.arguments()
        if "interpolation" in arguments:
            arguments["interpolation"] = v2.InterpolationMode(arguments["interpolation"])
        if "policy" in arguments:
            arguments["policy"] = v2.AutoAugmentPolicy(arguments["policy"])
        try:
            self.change: Any = getattr(v2, name)(**arguments)
        except (TypeError, ValueError, AttributeError) as error:
            raise ConfigError(f"train.augment: torchvision refuses {name}: {error}") from error

    def __call__(self, values: Tensor, random: Random) -> Tensor:
        """Return ``values [batch, channel, height, width]``, each image changed on its own."""
        return one_by_one(self.change, values, random.seeds("torchvision"))


class ResizedCrop(Transform):
    """Parts of images, brought to one size; whole images, or their middle, elsewhere."""

    def __init__(self, settings: RandomResizedCropSettings) -> None:
        self.settings = settings
        super().__init__(settings)

    def __call__(self, values: Tensor, random: Random) -> Tensor:
        """Return ``values [batch, channel, height, width]``, parts of them at their new size."""
        self.change.size = self._size(values)
        return super().__call__(values, random)

    def still(self, values: Tensor) -> Tensor:
        """Return the images at their new size, or their middle."""
        from torchvision.transforms.v2.functional import center_crop, resize

        if self.settings.evaluation == "middle":
            middle: Tensor = center_crop(values, self._size(values))
            return middle
        resized: Tensor = resize(values, self._size(values), antialias=self.settings.antialias)
        return resized

    def _size(self, values: Tensor) -> list[int]:
        return list(self.settings.output_shape(tuple(values.shape[1:]))[1:])
