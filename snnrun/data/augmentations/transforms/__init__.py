"""Changes of ``torchvision.transforms.v2``, under their names there and with their arguments.

Those that turn an image into an image of known shape, at random. Their arguments are checked when a
config is, without torchvision; what each of them does, its documentation tells:
https://pytorch.org/vision/stable/transforms.html. Each image is changed on its own, under a seed of
its own.
"""

from snnrun.core.registry import Entry
from snnrun.data.augmentations.transforms import colours, geometry
from snnrun.data.augmentations.transforms.settings import TransformSettings

_SUMMARIES: dict[type[TransformSettings], str] = {
    geometry.RandomRotationSettings: "turn",
    geometry.RandomAffineSettings: "turn, move, grow and lean",
    geometry.RandomPerspectiveSettings: "seen from aside",
    geometry.RandomResizedCropSettings: "a part, brought to one size",
    geometry.RandomVerticalFlipSettings: "swap top and bottom",
    geometry.ElasticTransformSettings: "bend",
    geometry.RandomErasingSettings: "erase a rectangle",
    colours.RandomGrayscaleSettings: "take the colours away",
    colours.GaussianBlurSettings: "blur",
    colours.GaussianNoiseSettings: "normal noise on every pixel",
    colours.RandomInvertSettings: "swap light and dark",
    colours.RandomPosterizeSettings: "fewer bits for a value",
    colours.RandomSolarizeSettings: "invert what is light",
    colours.RandomAdjustSharpnessSettings: "sharpen or blur",
    colours.RandomAutocontrastSettings: "stretch values to [0, 1]",
    colours.RandomEqualizeSettings: "make all values equally frequent",
    colours.RandAugmentSettings: "several changes in a row, all of one strength",
    colours.TrivialAugmentWideSettings: "one change of any strength",
    colours.AutoAugmentSettings: "changes that were searched for",
    colours.AugMixSettings: "a mean of several chains of changes",
}
_PAPERS: dict[type[TransformSettings], str] = {
    geometry.RandomErasingSettings: "Zhong et al., arXiv:1708.04896",
    colours.RandAugmentSettings: "Cubuk et al., arXiv:1909.13719",
    colours.TrivialAugmentWideSettings: "Müller, Hutter, arXiv:2103.10158",
    colours.AutoAugmentSettings: "Cubuk et al., arXiv:1805.09501",
    colours.AugMixSettings: "Hendrycks et al., arXiv:1912.02781",
}
_CHANGE = "snnrun.data.augmentations.transforms.change:"
TRANSFORMS = {
    settings.name(): Entry(
        settings,
        _CHANGE + settings.change,
        _PAPERS.get(settings, ""),
        f"torchvision: {summary}",
    )
    for settings, summary in _SUMMARIES.items()
}
