"""What configs of the original code say that is refused, or has no meaning here."""

import pytest

from snnrun.compat.fastanddeep.configs import translate
from tests.compat.originals import DROPPED, FIRST, SECOND, changed, layered, neurons, ours, problems


def test_notes_on_what_has_no_meaning_here():
    idle = changed(
        FIRST,
        training_params__numpy_seed=12345,
        training_params__print_step_percent=5.0,
        training_params__enforce_cpu=True,
        training_params__epoch_snapshots=[2, 9],
    )
    assert translate(idle).notes == (
        "training_params.epoch_snapshots: [9] lie outside 1 to 6; left out",
        "without meaning here: numpy_seed, print_step_percent, enforce_cpu",
    )
    assert ours(idle) == ours(FIRST)


@pytest.mark.parametrize(
    ("plain", "expected"),
    [
        (changed(FIRST, training_params__use_hicannx=True),
         "training_params.use_hicannx: there is no chip here; false simulates the network"),
        (changed(SECOND, training_params__substrate="hx_pynn"),
         "training_params.substrate: there is no 'hx_pynn' here; sim simulates the network"),
        (changed(FIRST, training_params__learnign_rate=1),
         "training_params.learnign_rate: unknown key; did you mean 'learning_rate'?"),
        (changed(FIRST, training_params__learning_rate=DROPPED),
         "training_params.learning_rate: missing"),
        (changed(FIRST, training_params=3), "training_params: must be a map of keys to values"),
        (changed(FIRST, training_params__optimizer="rmsprop"),
         "training_params.optimizer: must be adam or sgd, got 'rmsprop'"),
        (changed(FIRST, training_params__lr_scheduler={"type": "Cosine"}),
         "training_params.lr_scheduler.type: must be StepLR, MultiStepLR or ExponentialLR, "
         "got 'Cosine'"),
        (changed(FIRST, training_params__loss={"type": "shift_invariant_MSE"}),
         "training_params.loss.type: must be TTFS or MSE, got 'shift_invariant_MSE'"),
        (changed(SECOND, training_params__loss={"type": "CE"}),
         "training_params.loss.type: must be TTFS, MSE or shift_invariant_MSE, got 'CE'"),
        (changed(FIRST, dataset="pattern"),
         "dataset: data set 'pattern': its config does not run in the original; ours is "
         "`data: {name: pattern, ...}`"),
        (changed(SECOND, dataset_params__name="cifar"),
         "dataset_params.name: data set 'cifar': unknown; known: yin_yang, xor, bars, mnist, "
         "16x16_mnist"),
        (changed(FIRST, network_layout__n_inputs=5),
         "network_layout.n_inputs: the data set has 4 inputs, got 5"),
        (changed(FIRST, dataset="16x16_mnist", network_layout__width_pixel=12),
         "network_layout.width_pixel: only 16 is there, got 12"),
        (changed(FIRST, dataset=["yin_yang"]),
         "dataset: data set ['yin_yang']: unknown; known: yin_yang, xor, bars, mnist, "
         "16x16_mnist"),
        (changed(FIRST, dataset={"name": "xor", "samples": 4}),
         "dataset: must be the name of a data set, got a map of name, samples"),
        (changed(FIRST, network_layout__bias_times=[[0.9, 0.2], 0.4]),
         "network_layout.bias_times: must be one list of times, or a list of them for each layer"),
        (changed(FIRST, network_layout__n_biases=None),
         "network_layout.n_biases: must be a list"),
        (changed(FIRST, network_layout__n_biases=[]),
         "network_layout.n_biases: has 0 entries for 2 layers"),
        (changed(FIRST, training_params__epoch_snapshots="2"),
         "training_params.epoch_snapshots: must be a list"),
        (changed(FIRST, network_layout__n_layers=3),
         "network_layout.n_layers: layer_sizes has 2 entries"),
        (changed(FIRST, network_layout__weight_means=[1.0]),
         "network_layout.weight_means: has 1 entries for 2 layers"),
        (changed(FIRST, network_layout__n_biases=[2, 2]),
         "network_layout.bias_times: layer 1 has 1, but n_biases says 2"),
        (changed(FIRST, training_params__max_num_missing_spikes=[0.1]),
         "training_params.max_num_missing_spikes: has 1 entries for 2 layers"),
        (changed(FIRST, network_layout__layers=[]),
         "network_layout.layers: belongs to the newer generation, whose data set is "
         "dataset_params"),
        (layered({"name": "EqualtimeLayer"}),
         "network_layout.layers.0.name: unknown layer 'EqualtimeLayer'; known: NeuronLayer, "
         "BroadcastLayer, Biases, Multiplex, DelayAxonal, DelaySynaptic, DelayDendritic"),
        (layered({"name": "DelayAxonal", "delay_mean": 1.0, "delay_std": 0.5}),
         "network_layout.layers.0.positivity: missing"),
        (changed(SECOND, network_layout__layers=SECOND["network_layout"]["layers"][:-1]),
         "network_layout.layers: the last must be a NeuronLayer"),
        (layered(neurons(biases=[0.1])),
         "network_layout.layers.0.biases: write a layer {name: Biases, times: [...]} before "
         "this one"),
        (changed(SECOND, default_neuron_params__tau_mem=DROPPED),
         "default_neuron_params.tau_mem: missing"),
    ],
    ids=lambda value: value[:40] if isinstance(value, str) else "",
)  # fmt: skip
def test_refusals(plain, expected):
    assert expected in problems(plain)


def test_an_unknown_loss_is_one_problem():
    terms = {"training_params__xi": 0.3, "training_params__alpha": 0.1, "training_params__beta": 1}
    for loss in ({"type": "CE"}, "TTFS"):
        assert len(problems(changed(FIRST, training_params__loss=loss, **terms))) == 1


def test_every_problem_is_told_at_once():
    plain = changed(FIRST, training_params__use_hicannx=True, dataset="cifar", extra=1)
    assert len(problems(plain)) == 3
