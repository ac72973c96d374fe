"""Our experiments as configs of the first generation, fastAndDeep."""

from collections.abc import Iterator
from typing import Any

from snnrun.compat.fastanddeep.backwards import common
from snnrun.compat.fastanddeep.backwards.common import Parts
from snnrun.learning.first_spike.settings import MSESettings, TTFSSettings
from snnrun.models.first_spike.settings import FirstSpikeLayerSettings

Plain = dict[str, Any]
_SAID = ("size", "weights", "bias_times", "max_missing_spikes")


def misses(ours: Parts, options: Plain) -> Iterator[str]:
    """Yield what a config of the first generation cannot say.

    Args:
        ours: the experiment.
        options: what is to be said of the data set beside its name.
    """
    model, learning = ours.model, ours.learning
    for index, layer in enumerate(model.layers):
        plain = FirstSpikeLayerSettings(**{key: getattr(layer, key) for key in _SAID})
        for key in FirstSpikeLayerSettings.model_fields:
            if getattr(layer, key) != getattr(plain, key):
                yield f"model.layers.{index}.{key}"
    if model.tau_mem != model.tau_syn and model.g_leak != model.tau_syn / model.tau_mem:
        yield "model.g_leak"
    yield from (f"data or encoder: {key}" for key in options)
    yield from (f"model.{key}" for key in ("ratio",) if getattr(model, key))
    yield from ("learning.regularisers" for _ in learning.regularisers[:1])
    if dialect_of(model.integrator) == "delgrad":
        yield "model.integrator.dialect"
    loss = learning.loss
    if not isinstance(loss, TTFSSettings) and dialect_of(loss) != "fastanddeep":
        yield "learning.loss"


def dialect_of(settings: Any) -> str | None:
    """Return which of the two codes settings follow, if they say so."""
    found: str | None = getattr(settings, "dialect", None)
    return found


def config(ours: Parts, name: str, problems: list[str]) -> Plain:
    """Return the config; ``name`` is their name of the data set."""
    model, learning, layers = ours.model, ours.learning, ours.model.layers
    neuron = ("tau_syn", "tau_mem", "g_leak", "leak", "threshold")
    return {
        "dataset": name,
        "neuron_params": {key: getattr(model, key) for key in neuron},
        "network_layout": {
            "n_inputs": ours.whole.input_size,
            "n_layers": len(layers),
            "layer_sizes": [layer.size for layer in layers],
            "n_biases": [len(layer.bias_times) for layer in layers],
            "bias_times": [list(layer.bias_times) for layer in layers],
            "weight_means": [layer.weights.mean for layer in layers],
            "weight_stdevs": [layer.weights.std for layer in layers],
        },
        "training_params": {
            **common.training(ours, problems),
            "loss": _loss(learning.loss),
            "max_dw_norm": learning.max_dw_norm,
            "max_num_missing_spikes": [layer.max_missing_spikes for layer in layers],
            "clip_weights_max": learning.max_weight or False,
            "use_hicannx": False,
        },
    }


def _loss(loss: Any) -> Plain:
    if isinstance(loss, MSESettings):
        return {"type": "MSE", "t_correct": loss.t_correct, "t_wrong": loss.t_wrong}
    return {"type": "TTFS", "xi": loss.xi, "alpha": loss.alpha, "beta": loss.beta}
