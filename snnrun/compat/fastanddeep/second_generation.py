"""Configs of the second generation, DelGrad: a list of layers, delays among them."""

from snnrun.compat.fastanddeep import datasets, layers, training
from snnrun.compat.fastanddeep.training import ALPHA, BETA, LAYOUT, TRAINING, XI, by_type
from snnrun.compat.keys import Keys
from snnrun.compat.parts import Kind, Many, Part
from snnrun.compat.tables import Fixed, Key, Ours, Table, Theirs, read

_ONCE = "taken as 1, as the original does when it simulates"
_NO_CHIP = "there is no {given!r} here; sim simulates the network"
_GONE = "without effect, in the original too; early_output is a regulariser now"
_PULL = tuple(Theirs(row.theirs, fine=(), remark=_GONE) for row in (ALPHA, BETA))
_DIALECT = Fixed("dialect", "delgrad", "learning.loss.dialect: only delgrad there")
_LOSSES = {
    "TTFS": Kind("ttfs", (XI, Fixed("alpha", 0.0), *_PULL)),
    "MSE": Kind("mse", (*training.TARGETS, _DIALECT)),
    "shift_invariant_MSE": Kind("time_invariant_mse", (Key("delta_t", "delta_t"),)),
}
_REGULARISERS = {
    "early_output": Kind("early_output", (ALPHA, BETA)),
    "l2_delay": Kind("small_delays", (ALPHA, Key("use_effective_delays", "effective"))),
}
_FREE = ("data.r_small", "data.r_big", "encoder.early", "encoder.late")
_OPTIONS = tuple(datasets.Option(path.partition(".")[2], path) for path in _FREE)
_DATASET = (
    datasets.DataSet("name", _OPTIONS),
    Theirs("multiply_input_layer", fine=(None, False, 1), remark=_ONCE),
    *(Theirs(key, idle=True) for key in ("which", "size", "seed")),
)
_LOSS = (by_type(_LOSSES), Many("regulariser", (by_type(_REGULARISERS),), "regularisers"))
_TRAINING = (
    *training.rows("delgrad"),
    Part("loss", _LOSS, "learning.loss"),
    Key(training.MAX_WEIGHT, "facts.max_weight", None, off=False),
    Theirs("substrate", "sim", fine=(False, "sim"), refused=_NO_CHIP),
    Theirs(training.CHIP, idle=True),
    Theirs(training.GradientLimit.theirs),  # read from the neurons only
)
TABLE: Table = (
    Part("dataset_params", _DATASET),
    Part("default_neuron_params", layers.DEFAULTS, "facts.neuron"),
    Part(LAYOUT, (datasets.INPUTS, layers.ROW, datasets.WIDTH)),
    Part(TRAINING, _TRAINING),
)
KEYS = frozenset(row.theirs for row in TABLE)


def translate(top: Keys) -> Ours:
    """Return our config; what is wrong goes to the report of ``top``."""
    ours = Ours()
    read(TABLE, top, ours)
    loss = ours.part("learning.loss").plain
    ours.put("learning.regularisers", loss.pop("regularisers", []))
    layers.gather(ours)
    return ours


def prepare(ours: Ours) -> None:
    """Put what ours says where the table finds it; refuse neurons that they do not take."""
    training.prepare(ours)
    loss, terms = ours.get("learning.loss"), ours.get("learning.regularisers")
    if loss["name"] == "ttfs" and loss["alpha"]:
        pull = {"name": "early_output", "alpha": loss["alpha"], "beta": loss["beta"]}
        terms = [*terms, pull]
    ours.put("learning.loss.regularisers", terms)
    layers.spread(ours)
