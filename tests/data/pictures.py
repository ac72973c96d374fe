"""A loader of small pictures, and what tests ask of its batches."""

import torch

from snnrun.data import load_dataset
from snnrun.data.augmentations import AUGMENTATIONS
from snnrun.data.loader import Loader, Use
from snnrun.data.sets.image_folder import ImageFolderSettings
from snnrun.encoders import ENCODERS, build_encoder

PICTURES = 23
LEARNING = Use("train", learning=True)
CHANGES = [
    {"name": "shift", "pixels": 2}, {"name": "jitter"}, {"name": "RandomRotation", "degrees": 30},
]  # fmt: skip


def built(name, **said):
    """An augmentation, as a config says it."""
    chosen = AUGMENTATIONS[name].settings(**said)
    return AUGMENTATIONS.entry_of(chosen).load()(chosen)


def loader(size=5, use=LEARNING, encoder="poisson", changes=CHANGES, **options) -> Loader:
    """Batches of the pictures that train, of the folder that the fixture ``pictures`` makes."""
    settings = ImageFolderSettings(folder="pets", size=8, validation="test", test=0.26)
    coder = build_encoder(ENCODERS[encoder].settings(), settings.input_shape)
    coder.train(use.learning)
    augmentations = [built(**each) for each in changes]
    source = load_dataset(settings).train
    assert len(source) == PICTURES
    return Loader(source, settings, coder, use, 3, size, augmentations, **options)


def by_sample(batches) -> dict[int, tuple[bytes, int]]:
    """What was shown of each sample: the bits of its input, and its target."""
    shown = {}
    for batch in batches:
        inputs = batch.inputs.transpose(0, 1) if batch.inputs.dim() == 3 else batch.inputs
        for number, own, target in zip(batch.random.samples, inputs, batch.targets, strict=True):
            assert int(number) not in shown
            shown[int(number)] = own.contiguous().numpy().tobytes(), int(target)
    return shown


def bits(batches) -> list[tuple]:
    """All there is to tell batches from others, and where they leave torch's own generator."""
    return [
        (batch.random.number, batch.random.samples.tolist(), batch.inputs.numpy().tobytes(),
         batch.targets.tolist(), batch.whole, torch.rand(2).tolist())
        for batch in batches
    ]  # fmt: skip
