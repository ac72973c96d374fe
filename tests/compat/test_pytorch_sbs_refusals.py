"""What configs of pytorch-sbs say that is refused, or has no meaning here."""

import pytest

from tests.compat.originals import changed
from tests.compat.sbs_originals import FIRST, NET, RULE, SECOND, notes, problems

pytestmark = pytest.mark.usefixtures("patterns")


def test_notes_on_what_has_no_meaning_here():
    assert notes(SECOND) == ["without meaning here: eps_xy_intitial, simulation_id, stage_id"]
    tested = changed(FIRST, **{RULE + "test_during_learning": False, "results_path": "x",
                               RULE + "learning_active": False})  # fmt: skip
    told = notes(tested)
    assert told[-1] == "without meaning here: test_during_learning, results_path"
    assert told[0].startswith("learning_parameters.learning_active: false")
    assert any("-1 switches that off" in n for n in
               notes({**FIRST, "cooldown_after_number_of_spikes": 0}))  # fmt: skip
    grey = changed(SECOND, augmentation__flip_p=0.5, augmentation__jitter_hue=0.1)
    assert notes(grey)[0] == (
        "augmentation.flip_p, jitter_hue: only images of MNIST_FASHION and CIFAR10 are flipped and "
        "lit anew, as there"
    )
    assert notes({**SECOND, "epoch_id_max": 0})[0] == "epoch_id_max: 0: one epoch here"
    assert notes({**FIRST, "learning_step_max": 0})[0] == "learning_step_max: 0: one epoch here"


@pytest.mark.parametrize(
    ("plain", "expected"),
    [
        (changed(SECOND, **{RULE + "learning_rate_gama_w": 1}),
         "learning_parameters.learning_rate_gama_w: unknown key; did you mean "
         "'learning_rate_gamma_w'?"),
        (changed(SECOND, augmentation__use_on_off_filter=True),
         "augmentation.use_on_off_filter: unknown key"),
        ({**SECOND, "batch_size": "24"}, "batch_size: must be a whole number, got '24'"),
        ({**SECOND, "epsilon_0": True}, "epsilon_0: must be a number, got True"),
        ({**SECOND, "number_of_spikes": 20}, "number_of_spikes: must be a list, got 20"),
        ({**SECOND, "number_of_spikes": []}, "number_of_spikes: layer 0 needs a number above 0"),
        ({**SECOND, "number_of_spikes": [20, 20.5]},
         "number_of_spikes: entry 1 must be a whole number, got 20.5"),
        ({**SECOND, "data_mode": "mnist"},
         "data_mode: must be one of MNIST, MNIST_FASHION, CIFAR10, got 'mnist'"),
        (changed(SECOND, **{NET + "number_of_output_neurons": 9}),
         "network_structure.number_of_output_neurons: is 9, but the last layer has 10 neurons"),
        (changed(SECOND, **{NET + "forward_neuron_numbers": [[1, 5], [5, 5], [6, 10]]}),
         "network_structure.forward_neuron_numbers: entry 2 asks for 6 channels, but the layer "
         "before gives out 5"),
        (changed(FIRST, **{NET + "forward_neuron_numbers": [[1, 5], [5, 5], [5, 10]]}),
         "network_structure.forward_neuron_numbers: entry 0 asks for 1 channels, but the image "
         "has 2"),
        (changed(SECOND, **{NET + "forward_neuron_numbers": [[1, 5], [5, 5], []]}),
         "network_structure.forward_neuron_numbers: entry 2 must be [channels, neurons], as this "
         "layer has weights"),
        (changed(SECOND, **{NET + "strides": [[1, 1], 2]}),
         "network_structure.strides: entry 1 must be two whole numbers, got 2"),
        (changed(SECOND, **{NET + "layer_type": ["SbS", "CONV2D", "SbS"]}),
         "network_structure.layer_type: entry 1, 'CONV2D': snnrun has no layers without spikes "
         "that learn"),
        (changed(SECOND, **{NET + "layer_type": ["SbS", "Avarage POOLING", "SbS"]}),
         "network_structure.layer_type: entry 1, 'Avarage POOLING': unknown; did you mean "
         "'AVERAGE POOLING'? known: SBS, AVERAGE POOLING, MAX POOLING, NNMF, BP SBS NNMF, "
         "RECONSTRUCTION, ONOFF, RELU"),
        (changed(SECOND, **{NET + "layer_type": ["SbS", "ONOFF", "SbS"]}),
         "network_structure.layer_type: ONOFF must be the first layer: it codes the image"),
        (changed(SECOND, **{RULE + "loss_mode": 2}),
         "learning_parameters.loss_mode: must be 0 or 1, got 2"),
        (changed(SECOND, **{RULE + "optimizer_name": "RMSprop"}),
         "learning_parameters.optimizer_name: must be Adam or SGD, got 'RMSprop'"),
        (changed(FIRST, **{RULE + "optimizer_name": "SGD"}),
         "learning_parameters.optimizer_name: must be Adam, got 'SGD'"),
        (changed(SECOND, **{RULE + "lr_schedule_name": "StepLR"}),
         "learning_parameters.lr_schedule_name: must be one of ReduceLROnPlateau, "
         "SbSLRScheduler, None, got 'StepLR'"),
        (changed(FIRST, **{NET + "strides": [[1, 1]]}),
         "network_structure.strides: has 1 entries for 3 layers"),
        (changed(FIRST, **{NET + "w_trainable": [True] * 4}),
         "network_structure.w_trainable: has 4 entries for 3 layers"),
        (changed(FIRST, number_of_spikes=0), "number_of_spikes: must be a number above 0"),
        (changed(FIRST, **{NET + "forward_neuron_numbers": [[2, 5], [5, 6], [6, 10]]}),
         "network_structure.forward_neuron_numbers: entry 1: pooling must give out as many "
         "channels as it gets"),
        (changed(SECOND, **{NET + "forward_neuron_numbers": [[1, 5], [5, 6], [6, 10]]}),
         "network_structure.forward_neuron_numbers: entry 1: pooling must give out as many "
         "channels as it gets"),
        ({**SECOND, "epsilon_0": 0}, "epsilon_0: must be above 0 for layers with spikes, got 0"),
        ({**FIRST, "epsilon_0": -1}, "epsilon_0: must be above 0 for layers with spikes, got -1"),
        (changed(SECOND, **{RULE + "weight_noise_range": [1.0]}),
         "learning_parameters.weight_noise_range: must be two numbers, got [1.0]"),
        (changed(SECOND, **{RULE + "weight_noise_range": [1, "2"]}),
         "learning_parameters.weight_noise_range: must be two numbers, got [1, '2']"),
        ({**SECOND, "batch_size": 0}, "batch_size: must be above 0, got 0"),
        ({**FIRST, "batch_size": -4}, "batch_size: must be above 0, got -4"),
        (changed(SECOND, **{RULE + "number_of_batches_for_one_update": 0}),
         "learning_parameters.number_of_batches_for_one_update: must be above 0, got 0"),
        (changed(FIRST, **{NET + "padding": [[0, 0]]}),
         "network_structure.padding: has 1 entries for 3 layers"),
        (changed(FIRST, **{NET + "dilation": [[1, 1]] * 2}),
         "network_structure.dilation: has 2 entries for 3 layers"),
        (changed(FIRST, **{NET + "eps_xy_mean": [True]}),
         "network_structure.eps_xy_mean: has 1 entries for 3 layers"),
        (changed(SECOND, image_statistics={"maen": [0.1]}),
         "image_statistics.maen: unknown key; did you mean 'mean'?"),
        (changed(FIRST, image_statistics={"size": [8, 7]}),
         "image_statistics.size: unknown key; did you mean 'the_size'?"),
        (changed(SECOND, approximation_setting={"approximation_enabel": [True]}),
         "approximation_setting.approximation_enabel: unknown key; did you mean "
         "'approximation_enable'?"),
        ({**SECOND, "learning_parameters": []},
         "learning_parameters: must be a map of keys to values"),
    ],
    ids=lambda value: value[:50] if isinstance(value, str) else "",
)  # fmt: skip
def test_refusals(plain, expected):
    assert expected in problems(plain)


@pytest.mark.parametrize("place", [0, 1, 2])
@pytest.mark.parametrize("name", ["CONV2D", "APPROX CONV2D", "POISSON", "nonsense"])
def test_nothing_follows_from_a_layer_that_was_refused(place, name):
    """What it gives out is not known: the next was told to ask for channels that nobody gives."""
    kinds, channels = ["SbS", "SbS", "SbS"], [[1, 5], [7, 6], [9, 4]]
    kinds[place] = name
    plain = changed(SECOND, **{NET + "layer_type": kinds, NET + "forward_neuron_numbers": channels})
    found = [line for line in problems(plain) if "channels" in line or "neurons" in line]
    before = ["entry 1 asks for 7 channels, but the layer before gives out 5"] * (place == 2)
    assert [line.partition(": ")[2] for line in found] == before
    assert sum("layer_type" in line for line in problems(plain)) == 1


def test_every_problem_is_told_at_once():
    plain = changed(SECOND, data_mode="x", batch_size="24", **{RULE + "loss_mode": 7})
    assert len(problems(plain)) == 3


def test_cifar_needs_its_patterns(tmp_path):
    plain = {**SECOND, "data_mode": "CIFAR10", "data_path": "nowhere"}
    assert any("nowhere lacks TrainPatternStorage.npy" in line for line in problems(plain))
    grey = problems({**SECOND, "data_mode": "CIFAR10"})
    assert any("has 1 channels, not 3" in line for line in grey)
