"""Changes to training samples that keep their class, drawn anew each time a sample is shown.

They act on values, before these are encoded. Where nothing is learned, nothing is random: images
stay as they are, or are cut to the middle if training cuts them, and normalised if it does that.
"""

from snnrun.core.registry import Entry, Table
from snnrun.data.augmentations.base import Augmentation, AugmentationSettings, changed
from snnrun.data.augmentations.boolean_noise import BooleanNoiseSettings
from snnrun.data.augmentations.crop import CropSettings
from snnrun.data.augmentations.cutout import CutoutSettings
from snnrun.data.augmentations.flip import FlipSettings
from snnrun.data.augmentations.intensity import IntensitySettings
from snnrun.data.augmentations.jitter import JitterSettings
from snnrun.data.augmentations.normalize import NormalizeSettings
from snnrun.data.augmentations.shift import Shift, ShiftSettings
from snnrun.data.augmentations.transforms import TRANSFORMS

__all__ = [
    "AUGMENTATIONS",
    "Augmentation",
    "AugmentationSettings",
    "Shift",
    "ShiftSettings",
    "changed",
]

_HERE = "snnrun.data.augmentations."
AUGMENTATIONS: Table[Entry] = Table(
    "augmentation",
    "snnrun.augmentations",
    {
        "shift": Entry(ShiftSettings, _HERE + "shift:Shift", "", "move each image by a few pixels"),
        "crop": Entry(
            CropSettings, _HERE + "crop:Crop", "", "cut images to a smaller size, anywhere"
        ),
        "flip": Entry(FlipSettings, _HERE + "flip:Flip", "", "swap left and right"),
        "jitter": Entry(
            JitterSettings, _HERE + "jitter:Jitter", "", "change brightness, contrast and colours"
        ),
        "cutout": Entry(
            CutoutSettings,
            _HERE + "cutout:Cutout",
            "DeVries, Taylor, arXiv:1708.04552",
            "fill a square with one value",
        ),
        "normalize": Entry(
            NormalizeSettings,
            _HERE + "normalize:Normalize",
            "",
            "subtract a mean and divide by a deviation; where nothing is learned, too",
        ),
        "boolean_noise": Entry(
            BooleanNoiseSettings,
            _HERE + "boolean_noise:BooleanNoise",
            "",
            "blur values that are 0 or 1, of samples of any shape",
        ),
        "intensity": Entry(
            IntensitySettings,
            _HERE + "intensity:Intensity",
            "",
            "multiply all values, of samples of any shape; where nothing is learned, too",
        ),
        **TRANSFORMS,
    },
    AugmentationSettings,
    elsewhere={"booleannoise": "boolean_noise"},
)
