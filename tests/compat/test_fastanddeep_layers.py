"""Layers of configs of the original code: every kind, their limits, and what is switched off."""

import pytest
from pydantic import ValidationError

from snnrun.compat.fastanddeep.configs import translate
from tests.compat.originals import DROPPED, SECOND, changed, layered, neurons, ours


def test_every_kind_of_stage():
    shared = {"delay_mean": 0.1, "delay_std": 0.2, "jitter": 0.02}
    found = ours(
        layered(
            {"name": "Multiplex", "factor": 3},
            {"name": "DelaySynaptic", **shared, "presyn_sharing_factor": 3,
             "postsyn_sharing_factor": 4, "positivity": {"name": "clip"}, "trainable": False},
            {"name": "DelayDendritic", **shared, "positivity": {"name": "shift"}},
            neurons(),
        )
    )  # fmt: skip
    multiplex, synaptic, dendritic = found.model.layers[0].before
    assert multiplex.factor == 3
    assert (synaptic.kind, synaptic.share_inputs, synaptic.share_neurons) == ("synaptic", 3, 4)
    assert (synaptic.mean, synaptic.std, synaptic.jitter) == (0.1, 0.2, 0.02)
    assert (synaptic.trainable, dendritic.trainable) == (False, True)
    names = [type(stage.positivity).__name__ for stage in (synaptic, dendritic)]
    assert names == ["ClipSettings", "ShiftSettings"]


def test_neurons_of_their_own():
    noise = {"threshold_noise_fp_mean": 0.13, "threshold_noise_fp_std": 0.08,
             "threshold_noise_s2s_std": 0.02, "threshold_noise_b2b_std": 0.04}  # fmt: skip
    own = {"threshold": 1.3, "tau_mem": 1.0, "g_leak": 1.0, "jitter": 0.03, **noise}
    found = ours(layered({"name": "BroadcastLayer"}, neurons(neuron_params=own)))
    first, last = found.model.layers
    assert first.neuron.model_dump(exclude_none=True) == {
        "threshold": 1.3, "tau_mem": 1.0, "g_leak": 1.0,
    }  # fmt: skip
    assert first.jitter == 0.03
    assert first.threshold_noise.model_dump() == {
        "fixed": {"mean": 0.13, "std": 0.08}, "per_spike": 0.02, "per_batch": 0.04,
    }  # fmt: skip
    assert (last.neuron, last.threshold_noise, last.jitter) == (None, None, 0.0)


def test_defaults_of_all_neurons():
    found = ours(
        changed(
            SECOND,
            default_neuron_params__tau_mem=1.9,
            default_neuron_params__model_tau_ratio=2.0,
            default_neuron_params__jitter=0.01,
            default_neuron_params__clip_weights_max=3.0,
            default_neuron_params__threshold_noise_b2b_std=0.05,
        )
    )
    assert (found.model.tau_mem, found.model.ratio) == (1.9, 2)
    assert [layer.jitter for layer in found.model.layers] == [0.01, 0.01]
    assert [layer.threshold_noise.per_batch for layer in found.model.layers] == [0.05, 0.05]
    assert found.learning.max_weight == 3.0


@pytest.mark.parametrize(
    ("key", "theirs"), [("max_weight", "clip_weights_max"), ("max_dw_norm", "max_dw_norm")]
)
def test_limits_that_differ_between_layers(key, theirs):
    own = layered({"name": "BroadcastLayer"}, neurons(neuron_params={theirs: 0.7}))
    found = ours(changed(own, training_params__clip_weights_max=2.0))
    expected = {"max_weight": [0.7, 2.0], "max_dw_norm": [0.7, 0.2]}[key]
    assert getattr(found.learning, key) is None
    assert [getattr(layer, key) for layer in found.model.layers] == expected


def test_a_saved_config_says_more():
    layers = [{**layer, "feat_in": [4, 1], "feat_out": [7, 1]} for layer in
              SECOND["network_layout"]["layers"]]  # fmt: skip
    saved = changed(
        SECOND,
        network_layout__layers=layers,
        dataset_params__multiply_input_layer=1,
        training_params__max_dw_norm=False,
        training_params__clip_weights_max=False,
    )
    assert ours(saved) == ours(SECOND)


OPTIONS = [
    *(f"default_neuron_params__{key}" for key in (
        "model_tau_ratio", "jitter", "clip_weights_max", "threshold_noise_fp_mean",
        "threshold_noise_fp_std", "threshold_noise_s2s_std", "threshold_noise_b2b_std")),
    *(f"dataset_params__{key}" for key in
      ("early", "late", "r_small", "r_big", "multiply_input_layer")),
    "training_params__momentum", "training_params__lr_scheduler",
    "training_params__clip_weights_max", "training_params__epoch_snapshots",
]  # fmt: skip


@pytest.mark.parametrize("value", [None, False])
def test_options_that_are_off_are_absent(value):
    """Saved configs say false where nothing was said; several of these were refused."""
    absent = changed(
        SECOND,
        training_params__lr_scheduler=DROPPED,
        training_params__momentum=DROPPED,
        training_params__optimizer=DROPPED,
        training_params__batch_size_eval=DROPPED,
    )
    off = changed(
        absent,
        **dict.fromkeys(OPTIONS, value),
        training_params__optimizer=value,
        training_params__batch_size_eval=value,
    )
    delay = off["network_layout"]["layers"][1]
    delay |= dict.fromkeys(("jitter", "presyn_sharing_factor", "postsyn_sharing_factor"), value)
    assert ours(off) == ours(absent)
    assert translate(off).notes == translate(absent).notes


def test_what_a_layer_switches_off_is_off():
    noisy = {"default_neuron_params__jitter": 0.1,
             "default_neuron_params__threshold_noise_s2s_std": 0.2,
             "default_neuron_params__model_tau_ratio": 2}  # fmt: skip
    off = {"jitter": False, "threshold_noise_s2s_std": False, "model_tau_ratio": False}
    own = changed(layered({"name": "BroadcastLayer"}, neurons(neuron_params=off)), **noisy)
    first, last = ours(own).model.layers
    assert (first.jitter, first.threshold_noise) == (0.0, None)
    assert (last.jitter, last.threshold_noise.per_spike) == (0.1, 0.2)


def test_a_layer_without_parameters_may_speak_of_them():
    plain = layered(
        {"name": "Biases", "times": [0.4], "trainable": False, "monitor": False},
        {"name": "BroadcastLayer", "trainable": False, "learning_rate": False},
        neurons(),
    )
    assert ours(plain) == ours(
        layered({"name": "Biases", "times": [0.4]}, {"name": "BroadcastLayer"}, neurons())
    )


def test_bounds_of_delays_that_have_none():
    delay = {"name": "DelayAxonal", "delay_mean": 0.1, "delay_std": 0.2}
    found = ours(layered({**delay, "positivity": {"name": "clip", "scale": 1.0, "shift": 0.0}},
                         neurons()))  # fmt: skip
    assert type(found.model.layers[0].before[0].positivity).__name__ == "ClipSettings"


@pytest.mark.parametrize(
    ("everywhere", "own", "expected"),
    [(2.1, False, 2.1), (2.1, 3.0, 2.1), (2.1, 1.5, 1.5), (False, 3.0, 3.0), (False, False, None)],
)
def test_both_limits_of_weights_hold(everywhere, own, expected):
    """They clip by the limit of the training and by that of the neurons, one after the other.

    Ours took that of the neurons alone, even where it was false.
    """
    found = ours(
        changed(
            SECOND,
            training_params__clip_weights_max=everywhere,
            default_neuron_params__clip_weights_max=own,
        )
    )
    assert found.learning.max_weight == expected


def test_a_limit_that_is_no_number_is_told_as_one():
    limits = {"training_params__clip_weights_max": 2.0,
              "default_neuron_params__clip_weights_max": "x"}  # fmt: skip
    with pytest.raises(ValidationError, match="max_weight"):
        ours(changed(SECOND, **limits))
