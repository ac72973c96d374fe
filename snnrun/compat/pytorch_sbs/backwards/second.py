"""Our experiments as configs of 2023: network.json, dataset.json and def.json."""

from typing import Any

from snnrun.compat.pytorch_sbs.backwards import common
from snnrun.compat.pytorch_sbs.backwards.common import Layer, Parts
from snnrun.encoders.settings import OnOffSettings
from snnrun.learning.optimizers import SGDSettings
from snnrun.learning.sbs.settings import SoftmaxSettings
from snnrun.learning.schedules import PlateauSettings
from snnrun.models.sbs.layers import (
    LAYERS,
    NnmfSettings,
    SbsLayerSettings,
    SbsPoolingSettings,
    WeightsSettings,
)

Plain = dict[str, Any]
_NAMES = {
    "sbs": "SbS",
    "sbs_pooling": "SbS POOLING",
    "average_pooling": "Average POOLING",
    "max_pooling": "MAX POOLING",
    "nnmf": "NNMF",
    "bp_nnmf": "BP SBS NNMF",
    "reconstruction": "RECONSTRUCTION",
}


def config(ours: Parts, updates: int) -> dict[str, Plain]:
    """Return name of the file -> content; training is counted in epochs, not in ``updates``."""
    train, model = ours.whole.train, ours.model
    cooldown = model.eps_t.cooldown_after
    return {
        "network.json": {"network_structure": _structure(ours)},
        "dataset.json": {"data_path": "./Patterns/", "data_mode": ours.data_mode},
        "def.json": {
            "epoch_id_max": train.epochs,
            "batch_size": train.batch_size,
            "number_of_cpu_processes": train.threads or -1,
            "number_of_spikes": _columns(ours, _spikes),
            "spike_full_layer_input_distribution": _columns(ours, _joint, alone=False),
            "cooldown_after_number_of_spikes": -1 if cooldown is None else cooldown,
            "reduction_cooldown": model.eps_t.reduction,
            "epsilon_0": _eps_0(ours),
            "forgetting_offset": model.forgetting,
            "weight_path": "./Weights/",
            "learning_parameters": _learning(ours),
            "augmentation": common.augmentation(ours),
            "image_statistics": {},
            "approximation_setting": {},
        },
    }


def splits(ours: Parts) -> bool:
    """Tell whether the first layer of theirs is the on/off split."""
    return isinstance(ours.whole.encoder, OnOffSettings)


def _structure(ours: Parts) -> Plain:
    found = common.structure(ours.layers, len(ours.whole.data.classes))
    found = {"layer_type": [_kind(layer) for layer in ours.layers], **found}
    if not splits(ours):
        return found
    channels = ours.layers[0].before[0]
    first = {
        "layer_type": "ONOFF",
        "forward_neuron_numbers": [channels // 2, channels],
        "forward_kernel_size": [1, 1],
        "strides": [1, 1],
        "dilation": [1, 1],
        "padding": [0, 0],
    }
    return {key: [first[key], *value] if key in first else value for key, value in found.items()}


def _kind(layer: Layer) -> str:
    kind = next(name for name, each in LAYERS.items() if type(layer.settings) is each.settings)
    local = isinstance(layer.settings, SbsLayerSettings) and layer.settings.local
    return _NAMES[kind] + (" LOCAL" if local else "")


def _columns(ours: Parts, value: Any, alone: bool = True) -> list[Any]:
    """Return a value for each layer of theirs; one alone where all that have one agree.

    ``value`` gives None for layers that need none. A pooling layer with spikes must not be told to
    learn by a value for all, so then each layer is named; so it is if true does not hold for all
    where it stands ``alone``.
    """
    found = [value(layer) for layer in ours.layers]
    alike = {each for each in found if each is not None}
    pooled = any(isinstance(layer.settings, SbsPoolingSettings) for layer in ours.layers)
    if len(alike) == 1 and not ((pooled or not alone) and alike == {True}):
        return [alike.pop()]
    filler = False if alike <= {False, True} else 1
    return [filler] * splits(ours) + [filler if each is None else each for each in found]


def _spikes(layer: Layer) -> int | None:
    if isinstance(layer.settings, NnmfSettings):
        return layer.settings.iterations
    return layer.inference.spikes if layer.inference else None


def _joint(layer: Layer) -> bool | None:
    return layer.inference.joint_spikes if layer.inference else None


def _trainable(layer: Layer) -> bool | None:
    return layer.settings.trainable if isinstance(layer.settings, WeightsSettings) else None


def _skips(layer: Layer) -> bool | None:
    return not layer.settings.backward if isinstance(layer.settings, WeightsSettings) else None


def _eps_0(ours: Parts) -> float:
    """Return the factor of all step sizes; that of layers without spikes where all are such."""
    settled = [
        each.settings.eps_0 for each in ours.layers if isinstance(each.settings, NnmfSettings)
    ]
    spiking = any(layer.inference for layer in ours.layers)
    return ours.model.eps_0 if spiking or not settled else settled[0]


def _learning(ours: Parts) -> Plain:
    train, learning = ours.whole.train, ours.learning
    chosen = train.scheduler
    return {
        "loss_mode": int(isinstance(learning.loss, SoftmaxSettings)),
        **common.loss(ours),
        "optimizer_name": "SGD" if isinstance(train.optimizer, SGDSettings) else "Adam",
        "learning_rate_gamma_w": train.optimizer.model_dump().get("lr"),
        "learning_rate_threshold_w": learning.threshold,
        **dict(common.schedule(ours)),
        "adapt_learning_rate_after_minibatch": isinstance(chosen, PlateauSettings)
        and chosen.each == "update",
        "number_of_batches_for_one_update": train.accumulate,
        "overload_path": "./Weights",
        "weight_noise_range": list(ours.model.noise),
        "disable_scale_grade": learning.gradient_scale == "none",
        "kepp_last_grad_scale": learning.gradient_scale != "batch",
        "sbs_skip_gradient_calculation": _columns(ours, _skips),
        "w_trainable": _columns(ours, _trainable),
    }
