"""However many samples an evaluation shows at once, it comes to the same bits."""

from pathlib import Path

import pytest

from snnrun.core.world import World
from snnrun.experiment import load_config
from snnrun.training.evaluating import Evaluator
from snnrun.training.learner import build_learner, load_data, training_values

CONFIGS = Path(__file__).parent.parent.parent / "configs"
#: Models and rules that compute nothing by products of torch.
OURS = ["first_spike_digits", "first_spike_delays_yin_yang", "sbs_digits", "diehl_cook_digits"]
FEW = {"sbs_digits": ["model.spikes=20"], "diehl_cook_digits": ["encoder.steps=50"]}
#: What torch multiplies depends, in its last digits, on how much there is.
THEIRS = ["stbp_digits", "random_feedback_digits", "eligibility_digits"]


def numbers(name, size):
    """What the validation samples come to before training."""
    chosen = [f"train.eval_batch_size={size}", *FEW.get(name, [])]
    experiment = load_config(CONFIGS / f"{name}.yaml", chosen)
    learner, dataset = build_learner(experiment), load_data(experiment)
    learner.encoder.fit(training_values(dataset))
    evaluator = Evaluator(learner, dataset, experiment, World(), lambda: None)
    return evaluator.evaluate("validation", 0)


@pytest.mark.parametrize("name", OURS)
def test_any_number_of_samples_at_once_gives_the_same_bits(name):
    """Losses were means of means, and inputs that came at once were summed as their neighbours."""
    whole = numbers(name, 200)
    assert len(whole) > 1
    assert numbers(name, 7) == whole
    assert numbers(name, 64) == whole


@pytest.mark.parametrize("name", THEIRS)
def test_what_goes_through_products_of_torch_differs_in_last_digits_alone(name):
    assert numbers(name, 7) == pytest.approx(numbers(name, 200), rel=1e-6)
