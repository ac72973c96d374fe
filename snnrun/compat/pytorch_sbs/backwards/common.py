"""What both generations say alike, said of one of our experiments."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from snnrun.compat.pytorch_sbs.datasets import MODES, Mode
from snnrun.data.augmentations.crop import CropSettings
from snnrun.data.augmentations.flip import FlipSettings
from snnrun.data.augmentations.jitter import JitterSettings
from snnrun.data.sets.mnist import FashionMnistSettings
from snnrun.errors import ConfigError
from snnrun.experiment import Experiment
from snnrun.learning.sbs.settings import MseKlSettings, SbsRuleSettings
from snnrun.learning.schedules import PlateauSettings, SbSLRSettings
from snnrun.models.sbs.inference import InferenceSettings
from snnrun.models.sbs.layers import LayerSettings
from snnrun.models.sbs.settings import SbsSettings
from snnrun.models.sbs.window import Shape, WindowSettings

Plain = dict[str, Any]


@dataclass(frozen=True)
class Layer:
    """A layer, its constants of inference if it draws spikes, its input and output."""

    settings: LayerSettings
    inference: InferenceSettings | None
    before: Shape
    after: Shape

    def window(self) -> dict[str, list[int]]:
        """Return kernel, stride, dilation and padding, as far as the layer has them."""
        given = self.settings
        if not isinstance(given, WindowSettings):
            return {"kernel": [1, 1], "stride": [1, 1], "dilation": [1, 1], "padding": [0, 0]}
        return {
            "kernel": list(given.kernel_size(self.before)),
            "stride": list(given.stride),
            "dilation": list(given.dilation),
            "padding": list(given.padding),
        }


@dataclass(frozen=True)
class Parts:
    """An experiment whose parts are those that their codes know."""

    whole: Experiment
    model: SbsSettings
    learning: SbsRuleSettings
    layers: tuple[Layer, ...]
    data_mode: str

    @property
    def mode(self) -> Mode:
        """What their name of the data set stands for."""
        return MODES[self.data_mode]


def parts(experiment: Experiment) -> Parts:
    """Return the parts of an experiment.

    Raises:
        ConfigError: they are not those of a Spike-By-Spike network that sees images.
    """
    model, learning, data = experiment.model, experiment.learning, experiment.data
    if not isinstance(model, SbsSettings) or not isinstance(learning, SbsRuleSettings):
        raise ConfigError("model, learning: theirs know only sbs")
    layers = tuple(
        Layer(layer, layer.inference(model) if hasattr(layer, "inference") else None, before, after)
        for layer, before, after in model.shapes(experiment.model_input)
    )
    channels = data.input_shape[0] if len(data.input_shape) == 3 else 0
    modes = {1: "MNIST", 3: "CIFAR10"}
    if channels not in modes:
        raise ConfigError("data: theirs know only images of 1 or 3 channels")
    clothes = isinstance(data, FashionMnistSettings)
    name = "MNIST_FASHION" if clothes else modes[channels]
    return Parts(experiment, model, learning, layers, name)


def structure(layers: tuple[Layer, ...], classes: int) -> Plain:
    """Return the lists of ``network_structure`` that both generations have."""
    windows = [layer.window() for layer in layers]
    return {
        "number_of_output_neurons": classes,
        "forward_neuron_numbers": [[layer.before[0], layer.after[0]] for layer in layers],
        "forward_kernel_size": [window["kernel"] for window in windows],
        "strides": [window["stride"] for window in windows],
        "dilation": [window["dilation"] for window in windows],
        "padding": [window["padding"] for window in windows],
    }


def augmentation(ours: Parts) -> Plain:
    """Return what they do to training images; what they do not know is left out."""
    found: Plain = {"crop_width_in_pixel": 0}
    if ours.mode.coloured:
        found |= {"flip_p": 0.0} | {f"jitter_{name}": 0.0 for name in _JITTER}
    for change in ours.whole.train.augment:
        match change:
            case CropSettings(pixels=pixels):
                found["crop_width_in_pixel"] = pixels
            case FlipSettings(probability=probability):
                found["flip_p"] = probability
            case JitterSettings():
                found |= {f"jitter_{name}": getattr(change, name) for name in _JITTER}
    return found


_JITTER = ("brightness", "contrast", "saturation", "hue")


def loss(ours: Parts) -> Plain:
    """Return the factors of the loss, if it is theirs."""
    chosen = ours.learning.loss
    if not isinstance(chosen, MseKlSettings):
        return {}
    return {"loss_coeffs_mse": chosen.mse, "loss_coeffs_kldiv": chosen.kl}


def schedule(ours: Parts) -> Iterator[tuple[str, Any]]:
    """Yield what they say of the schedule of the learning rate; others than theirs are none."""
    chosen = ours.whole.train.scheduler
    if not isinstance(chosen, PlateauSettings) or chosen.patience == 0:
        yield "lr_schedule_name", "None"
        return
    filtered = isinstance(chosen, SbSLRSettings)
    yield "lr_schedule_name", "SbSLRScheduler" if filtered else "ReduceLROnPlateau"
    yield "lr_scheduler_factor_w", chosen.gamma
    yield "lr_scheduler_patience_w", chosen.patience
    yield "lr_scheduler_use_performance", chosen.watches.endswith("error")
    if isinstance(chosen, SbSLRSettings):
        yield "lr_scheduler_tau_w", chosen.tau
