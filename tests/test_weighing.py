"""Experiments that no machine has memory for are refused before they begin, and no others."""

from pathlib import Path

import pytest

from snnrun import weighing
from snnrun.core.memory import total
from snnrun.errors import ConfigError
from snnrun.experiment import load_config
from snnrun.models.settings import ModelSettings
from snnrun.weighing import check_memory, memory_text, parts

CONFIGS = Path(__file__).parents[1] / "configs"
SHIPPED = sorted(CONFIGS.glob("*.yaml"))


@pytest.fixture(autouse=True)
def _a_small_machine(monkeypatch):
    monkeypatch.setattr(weighing, "total", lambda: 8 * 2**30)
    monkeypatch.setattr(weighing, "_CARDS", ())


def weighed(name, *overrides):
    """Part -> bytes of each that has this key, of a shipped config."""
    found = {}
    for part in parts(load_config(CONFIGS / name, overrides)):
        found.setdefault(part.key, []).append(part.size)
    return found


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_what_trains_is_not_refused(path):
    whole = load_config(path)
    check_memory(whole)
    assert 0 < sum(part.size for part in parts(whole)) < 2**33


def test_there_is_memory():
    assert 2**28 < total() < 2**63


def test_weights_by_hand():
    """Of 5 inputs and 120 neurons: themselves, gradients, two means of Adam; of 4 bytes each."""
    name, first = "first_spike_yin_yang.yaml", "model.layers.0"
    assert weighed(name)[first] == [5 * 120 * 4 * 4]
    sgd = "train.optimizer={name: sgd, lr: 0.1%s}"
    assert weighed(name, sgd % "")[first] == [5 * 120 * 4 * 2]
    assert weighed(name, sgd % ", momentum: 0.9")[first] == [5 * 120 * 4 * 3]
    assert weighed(name, "train.precision=float64")[first] == [5 * 120 * 8 * 4]


def test_weights_that_do_not_learn_are_weighed_themselves(monkeypatch):
    name, first = "first_spike_yin_yang.yaml", "model.layers.0"
    assert weighed(name, "train.frozen=[layers.0.*]")[first] == [5 * 120 * 4]
    frozen = ("model.layers.0.trainable=false", "model.layers.0.max_missing_spikes=1")
    assert weighed(name, *frozen)[first] == [5 * 120 * 4]
    monkeypatch.setattr(weighing, "_CARDS", (CONFIGS,))
    assert weighed(name)[first] == [5 * 120 * 4]  # what trains lies on the card


def test_a_batch_by_hand():
    """A quarter of 20 neurons times 30 steps times 50 samples; where nothing is kept, of a step."""
    changes = ["model.layers=[{size: 20}]", "encoder.steps=30", "train.batch_size=50"]
    changes.append("learning={name: surrogate}")
    name = "random_feedback_mnist.yaml"
    assert weighed(name, *changes)["train.batch_size"] == [20 * 30 * 50, 10 * 30 * 50]
    whole = load_config(CONFIGS / name, changes)
    assert sum(p.size for p in parts(whole, 2)) < sum(p.size for p in parts(whole))
    ottt = [*changes, "learning={name: ottt}", "model.readout={name: leaky}"]
    assert weighed(name, *ottt)["train.batch_size"] == [20 * 50, 10 * 50]


HUGE = "1" + "0" * 12
MOST_STEPS = 2**24


@pytest.mark.parametrize(
    ("name", "change", "said"),
    [
        ("random_feedback_digits", f"model.layers.0.size={HUGE}", "layers.0: the 64,000.* GiB"),
        ("random_feedback_digits", f"model.layers.0.size={HUGE}000000", "layers.0: .* GiB"),
        ("random_feedback_digits", f"encoder.steps={MOST_STEPS}", "encoder.steps: .* 16,777,216"),
        ("first_spike_yin_yang", "data.sizes.train=1000000000", "data.sizes.train: .* 37.3 GiB"),
        ("first_spike_yin_yang", f"data.sizes.test={HUGE}0", "data.sizes.test: the samples that"),
        ("reward_xor", f"data.copies={HUGE}", "data.copies: the samples that are drawn"),
        ("first_spike_yin_yang", f"data={{name: bars, samples_per_class: {HUGE}}}",
         "data.samples_per_class: the samples that"),
        ("reward_cartpole", f"data.episodes.test={HUGE}", "data.episodes.test: the samples that"),
        ("first_spike_yin_yang", "model.layers.0.size=1000000000", "model.layers.0: the "),
        ("first_spike_mnist", "model.layers.0.size=100000000", "model.layers.0: the "),
        ("sbs_digits", "model.layers.2.neurons=16000000", "model.layers.2: the "),
        ("stbp_mlp_mnist", f"encoder.steps={MOST_STEPS}", "encoder.steps: "),
        ("diehl_cook_digits", "model.neurons.E.size=1000000000;model.neurons.I.size=1000000000",
         "X -> E: the 64,000,000,000 weights"),
    ],
)  # fmt: skip
def test_what_cannot_fit_is_refused(name, change, said):
    """It passed ``validate`` and was an allocation error, or a training that never began."""
    with pytest.raises(ConfigError, match=said) as error:
        check_memory(load_config(CONFIGS / f"{name}.yaml", change.split(";")))
    assert str(error.value).endswith("this machine has 8.0 GiB")
    assert len(str(error.value)) < 400


def test_batches_larger_than_the_data_are_as_large_as_these():
    whole = load_config(CONFIGS / "first_spike_yin_yang.yaml", [f"train.batch_size={HUGE}"])
    check_memory(whole)
    assert max(part.size for part in parts(whole)) < 2**30


def test_where_there_is_a_card_batches_lie_in_its_memory(monkeypatch):
    whole = load_config(CONFIGS / "random_feedback_digits.yaml", [f"encoder.steps={MOST_STEPS}"])
    assert "cuda" in whole.model.devices
    monkeypatch.setattr(weighing, "_CARDS", (CONFIGS,))
    check_memory(whole)
    assert "encoder.steps" not in {part.key for part in parts(whole)}


def test_models_that_tell_no_sizes_are_weighed_without_them(monkeypatch):
    whole = load_config(CONFIGS / "random_feedback_digits.yaml", [f"encoder.steps={MOST_STEPS}"])
    monkeypatch.setattr(type(whole.model), "layer_outputs", ModelSettings.layer_outputs)
    check_memory(whole)
    assert "encoder.steps" not in {part.key for part in parts(whole)}


def test_who_shows_a_network_needs_no_room_to_train_it():
    name, large = "first_spike_yin_yang.yaml", "model.layers.0.size=100000000"
    whole = load_config(CONFIGS / name, [large])
    with pytest.raises(ConfigError, match=r"^model\.layers\.0\.size: "):
        check_memory(whole)
    assert sum(part.size for part in parts(whole, learning=False)) < 2**33
    check_memory(whole, learning=False)


def test_a_group_that_draws_more_spikes_than_any_kernel_takes():
    """Training began, and ended with an OverflowError; or memory ran out."""
    for spikes in (10**11, 10**30):
        with pytest.raises(ConfigError, match=r"model\.spikes: .* 16777216"):
            load_config(CONFIGS / "sbs_digits.yaml", [f"model.spikes={spikes}"])


def test_who_shows_a_network_holds_the_largest_of_its_layers():
    """Inference of such a network ended in what the kernel says of it."""
    wide, last = "{name: sbs, neurons: 100, kernel: 8, padding: 9999}", "{name: sbs, neurons: 10}"
    pool = "{name: average_pooling, kernel: 9999, stride: 9999}"
    whole = load_config(CONFIGS / "sbs_digits.yaml", [f"model.layers=[{wide}, {pool}, {last}]"])
    with pytest.raises(ConfigError, match=r"model\.layers\.0: the 39,9.* outputs of a sample"):
        check_memory(whole, learning=False)


@pytest.mark.parametrize(
    ("name", "change", "said"),
    [
        ("sbs_digits", "model.layers.0.stride=32769", r"stride: .* 32768 or less"),
        ("sbs_digits", "model.layers.0.padding=99999", r"padding: .* 32768 or less"),
        ("sbs_digits", "model.layers.0.padding=29999", r"layers\.0\.padding: makes 3,.* positions"),
        (
            "sbs_digits",
            "model.layers.0.neurons=10000000",
            r"layers\.2: a position has 90,000,000 inputs; .* 16,777,",
        ),
        ("reward_xor", "model.synapses.in -> hid.delay.high=1048577", "high: .* 1048576 or less"),
    ],
)
def test_what_no_kernel_takes_is_refused(name, change, said):
    """It passed ``validate``, and was an error of the kernel, or went on without it."""
    with pytest.raises(ConfigError, match=said):
        load_config(CONFIGS / f"{name}.yaml", [change])


def test_a_sample_of_more_steps_than_any_kernel_takes():
    """Inference raised what numpy, torch or a kernel says of it: it does not weigh a batch."""
    for name in ("random_feedback_digits", "reward_xor"):
        for steps in (MOST_STEPS + 1, 10**20):
            with pytest.raises(ConfigError, match=r"encoder\.steps: .* 16777216 or less"):
                load_config(CONFIGS / f"{name}.yaml", [f"encoder.steps={steps}"])


def test_the_estimate_in_a_line():
    whole = load_config(CONFIGS / "first_spike_yin_yang.yaml")
    assert memory_text(whole).startswith("memory: at least ")
    assert memory_text(whole).endswith(" of 8.0 GiB")
