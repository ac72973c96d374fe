"""What validate prints of a graph."""

import yaml

from snnrun.cli.describe import experiment_text
from snnrun.experiment import Experiment
from tests.graphs import SMALL


def test_groups_synapses_and_the_order_of_steps():
    plain = yaml.safe_load(SMALL)
    plain["model"]["neurons"]["O"] = {"name": "lif", "size": 3, "decay": 0.5}
    dense = {"name": "dense", "bounds": [None, 2.0], "normalise": {"to": 3.0, "of": "squares"}}
    plain["model"]["synapses"] = {"E -> O": dense, **plain["model"]["synapses"]}
    plain["model"]["synapses"]["O -> X2"] = {"name": "dense"}
    plain["model"]["neurons"] = {"X2": {"name": "lif", "size": 2}, **plain["model"]["neurons"]}
    text = " ".join(experiment_text(Experiment.model_validate(plain)).split())
    for told in (
        "group X input, 1 x 8 x 8; trace set, tau 20",
        "lif, 3; decay 0.5, gain 1, rest -65, threshold -52, refractory 5; no trace",
        "one winner a step",
        "synapses X -> E dense, delay 1; pair 0.0001, 0.01; bounds 0 to 1; L1 25",
        "synapses E -> O dense, delay 0; bounds none to 2; L2 3",
        "synapses I -> E all_but_self, delay 1; weight -120",
        "steps E > O > X2 > X > I at each step, in this order",
    ):
        assert told in text, told
