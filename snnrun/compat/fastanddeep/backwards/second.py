"""Our experiments as configs of the second generation, DelGrad."""

from collections.abc import Iterator
from typing import Any

from snnrun.compat.fastanddeep.backwards import common
from snnrun.compat.fastanddeep.backwards.common import Parts
from snnrun.compat.fastanddeep.backwards.first import dialect_of
from snnrun.compat.fastanddeep.layers import NEURON
from snnrun.learning.first_spike.settings import (
    EarlyOutputSettings,
    FirstSpikeRuleSettings,
    MSESettings,
    TTFSSettings,
)
from snnrun.models.first_spike.settings import FirstSpikeLayerSettings
from snnrun.models.first_spike.stages import (
    POSITIVITIES,
    BiasesSettings,
    DelaySettings,
    MultiplexSettings,
)

Plain = dict[str, Any]


def misses(ours: Parts) -> Iterator[str]:
    """Yield what a config of the second generation cannot say."""
    said = {"learning.loss": ours.learning.loss, "model.integrator": ours.model.integrator}
    for name, part in said.items():
        if dialect_of(part) == "fastanddeep":
            yield f"{name}.dialect: only delgrad there"
    for index, layer in enumerate(ours.model.layers):
        neuron = ours.model.neuron_of(layer)
        if neuron.tau_syn / neuron.tau_mem != neuron.g_leak:
            yield f"model.layers.{index}: g_leak must be tau_syn / tau_mem there"


def config(ours: Parts, name: str, options: Plain, problems: list[str]) -> Plain:
    """Return the config.

    Args:
        ours: the experiment.
        name: their name of the data set.
        options: what is to be said of the data set beside its name.
        problems: gets what cannot be said.
    """
    model, learning = ours.model, ours.learning
    neuron = {key: getattr(model, key) for key in NEURON}
    ratio = {"model_tau_ratio": model.ratio} if model.ratio else {}
    return {
        "dataset_params": {"name": name, **options},
        "default_neuron_params": {**neuron, **ratio, "max_dw_norm": learning.max_dw_norm},
        "network_layout": {
            "n_inputs": ours.whole.input_size,
            "layers": [each for layer in model.layers for each in _layer(layer)],
        },
        "training_params": {
            **common.training(ours, problems),
            "loss": _loss(learning),
            "clip_weights_max": learning.max_weight or False,
            "substrate": "sim",
        },
    }


def _layer(layer: FirstSpikeLayerSettings) -> Iterator[Plain]:
    """Yield a layer of neurons and what stands in front of it in their list."""
    stages = [*layer.before]
    if layer.bias_times:
        stages.append(BiasesSettings(times=layer.bias_times))
    yield from map(_stage, stages)
    if not any(isinstance(stage, DelaySettings) for stage in stages):
        yield {"name": "BroadcastLayer"}
    own = dict(_own(layer))
    yield {
        "name": "NeuronLayer",
        "size": layer.size,
        "weights_mean": layer.weights.mean,
        "weights_std": layer.weights.std,
        "max_num_missing_spikes": layer.max_missing_spikes,
        **_trained(layer),
        **({"neuron_params": own} if own else {}),
    }


def _own(layer: FirstSpikeLayerSettings) -> Iterator[tuple[str, Any]]:
    """Yield what the neurons of a layer have for themselves."""
    names = {"ratio": "model_tau_ratio"}
    changes = layer.neuron.model_dump(exclude_none=True) if layer.neuron else {}
    yield from ((names.get(key, key), value) for key, value in changes.items())
    if noise := layer.threshold_noise:
        yield "threshold_noise_fp_mean", noise.fixed.mean
        yield "threshold_noise_fp_std", noise.fixed.std
        yield "threshold_noise_s2s_std", noise.per_spike
        yield "threshold_noise_b2b_std", noise.per_batch
    limits = {"clip_weights_max": layer.max_weight, "max_dw_norm": layer.max_dw_norm}
    yield from ((key, value) for key, value in limits.items() if value is not None)
    if layer.jitter:
        yield "jitter", layer.jitter


def _stage(stage: BiasesSettings | MultiplexSettings | DelaySettings) -> Plain:
    if isinstance(stage, BiasesSettings):
        return {"name": "Biases", "times": list(stage.times)}
    if isinstance(stage, MultiplexSettings):
        return {"name": "Multiplex", "factor": stage.factor}
    kept = stage.positivity
    name = next(name for name, entry in POSITIVITIES.items() if type(kept) is entry.settings)
    return {
        "name": f"Delay{stage.kind.capitalize()}",
        "delay_mean": stage.mean,
        "delay_std": stage.std,
        "positivity": {"name": name, **kept.model_dump()},
        "presyn_sharing_factor": stage.share_inputs,
        "postsyn_sharing_factor": stage.share_neurons,
        "jitter": stage.jitter,
        **_trained(stage),
    }


def _trained(part: FirstSpikeLayerSettings | DelaySettings) -> Plain:
    rate = {"learning_rate": part.lr} if part.lr else {}
    return {"trainable": part.trainable, "monitor": part.trainable, **rate}


def _loss(learning: FirstSpikeRuleSettings) -> Plain:
    loss = learning.loss
    regularisers = [_regulariser(term) for term in learning.regularisers]
    if isinstance(loss, TTFSSettings):
        found: Plain = {"type": "TTFS", "xi": loss.xi}
        if loss.alpha:
            regularisers.append({"type": "early_output", "alpha": loss.alpha, "beta": loss.beta})
    elif isinstance(loss, MSESettings):
        found = {"type": "MSE", "t_correct": loss.t_correct, "t_wrong": loss.t_wrong}
    else:
        found = {"type": "shift_invariant_MSE", **loss.model_dump()}
    return found | ({"regulariser": regularisers} if regularisers else {})


def _regulariser(term: Any) -> Plain:
    if isinstance(term, EarlyOutputSettings):
        return {"type": "early_output", "alpha": term.alpha, "beta": term.beta}
    return {"type": "l2_delay", "alpha": term.alpha, "use_effective_delays": term.effective}
