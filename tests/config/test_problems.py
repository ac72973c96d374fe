"""Every kind of mistake in a config, and the line that names it."""

from typing import Annotated, Self

import pytest
from pydantic import Field, ValidationError, model_validator

from snnrun.config.problems import explain, in_order, words
from snnrun.config.reading import Document
from snnrun.config.tree import parse
from snnrun.config.wording import choices
from snnrun.core.registry import Settings
from snnrun.data import DATASETS
from snnrun.encoders import ENCODERS
from snnrun.learning import RULES
from snnrun.learning.optimizers import OPTIMIZERS
from snnrun.models import MODELS
from tests.config.yinyang import problems

RANGES = [
    ("epochs: 300", "epochs: -3", "yy.yaml:15:3: train.epochs: must be 1 or more, got -3"),
    ("xi: 0.3", "xi: 0", "yy.yaml:12:22: learning.loss.xi: must be more than 0, got 0"),
    ("gamma: 0.95", "gamma: 1.5",
     "yy.yaml:18:38: train.scheduler.gamma: must be 1 or less, got 1.5"),
    ("seed: 2000", "seed: -1", "yy.yaml:1:1: seed: must be 0 or more, got -1"),
    ("lr: 5e-3", "lr: 5e-3, betas: [0.9, 1.0]",
     "yy.yaml:17:50: train.optimizer.betas.1: must be less than 1, got 1"),
    ("savepoints: [100, 200]", "savepoints: [100, 400]",
     "yy.yaml:19:3: train.savepoints: must lie between 1 and train.epochs = 300, got 400"),
    ("savepoints: [100, 200]", "savepoints: [0]",
     "yy.yaml:19:3: train.savepoints: must lie between 1 and train.epochs = 300, got 0"),
    ("savepoints: [100, 200]", "savepoints: [200, 100]",
     "yy.yaml:19:3: train.savepoints: must ascend, each epoch once, got [200, 100]"),
    ("savepoints: [100, 200]", "savepoints: [100, 100]",
     "yy.yaml:19:3: train.savepoints: must ascend, each epoch once, got [100, 100]"),
    ("lr: 5e-3", "lr: .inf",
     "yy.yaml:17:27: train.optimizer.lr: must be a finite number, got inf"),
    ("mean: 1.5", "mean: nan",
     "yy.yaml:8:47: model.layers.0.weights.mean: must be a finite number, got 'nan'"),
    ("bias_times: [0.9]", "bias_times: [nan]",
     "yy.yaml:8:31: model.layers.0.bias_times.0: must be a number, got nan"),
    ("batch_size: 150", "batch_size: 150\n  threads: 5000",
     "yy.yaml:17:3: train.threads: must be 1024 or less, got 5000"),
    ("late: 2.0", "late: 0.1",
     "yy.yaml:3:1: encoder: late is 0.1; expected more than early = 0.15"),
]  # fmt: skip

TYPES = [
    ("epochs: 300", "epochs: many",
     "yy.yaml:15:3: train.epochs: must be a whole number, got 'many'"),
    ("epochs: 300", "epochs: 2.5", "yy.yaml:15:3: train.epochs: must be a whole number, got 2.5"),
    ("epochs: 300", "epochs: true",
     "yy.yaml:15:3: train.epochs: must be a whole number, got true"),
    ("epochs: 300", "epochs:", "yy.yaml:15:3: train.epochs: must be a whole number, got nothing"),
    ("epochs: 300", "epochs: [3]",
     "yy.yaml:15:3: train.epochs: must be a whole number, got a list of 1"),
    ("lr: 5e-3", "lr: fast",
     "yy.yaml:17:27: train.optimizer.lr: must be a number, got 'fast'"),
    ("lr: 5e-3", "lr: true", "yy.yaml:17:27: train.optimizer.lr: must be a number, got true"),
    ("threshold: 1.5", "threshold: {a: 1}",
     "yy.yaml:6:3: model.threshold: must be a number, got a map"),
    ("exponential: true", "exponential: maybe",
     "yy.yaml:13:23: learning.bump.exponential: must be true or false, got 'maybe'"),
    ("bias_times: [0.9]", "bias_times: 0.9",
     "yy.yaml:8:18: model.layers.0.bias_times: must be a list, got 0.9"),
    ("{name: yin_yang}", "3",
     "yy.yaml:2:1: data: must be a map such as {name: yin_yang}, got 3"),
    ("{value: 5e-4, exponential: true}", "5",
     "yy.yaml:13:3: learning.bump: must be a map of keys to values, got 5"),
    ("batch_size: 150", "batch_size: 150\n  precision: float16",
     "yy.yaml:17:3: train.precision: must be 'float32' or 'float64', got 'float16'; "
     "did you mean 'float64'?"),
    ("early: 0.15", "first: 3", "yy.yaml:3:26: encoder.first: must be 'low' or 'high', got 3"),
    ("lr: 5e-3", "lr: 5e-3, betas: [0.9]",
     "yy.yaml:17:37: train.optimizer.betas.1: missing; the list is too short"),
    ("lr: 5e-3", "lr: 5e-3, betas: [0.9, 0.9, 0.9]",
     "yy.yaml:17:37: train.optimizer.betas: must be a list of 2 or fewer, got a list of 3"),
]  # fmt: skip

KEYS = [
    ("threshold: 1.5", "treshold: 1.5",
     "yy.yaml:6:3: model.treshold: unknown key; did you mean 'threshold'?"),
    ("optimizer: {", "optimiser: {",
     "yy.yaml:17:3: train.optimiser: unknown key; did you mean 'optimizer'?"),
    ("lr: 5e-3", "colour: 1",
     "yy.yaml:17:27: train.optimizer.colour: unknown key of 'adam'; "
     "known: lr, betas, eps, weight_decay"),
    ("size: 12,", "size: 12, wieghts: 1,",
     "yy.yaml:8:18: model.layers.0.wieghts: unknown key; did you mean 'weights'?"),
    ("{name: yin_yang}", "{name: xor, size: 3}",
     "yy.yaml:2:19: data.size: unknown key of 'xor'; it has none"),
    ("seed: 2000", "sead: 2000", "yy.yaml:1:1: sead: unknown key; did you mean 'seed'?"),
    ("seed: 2000", "colour: red",
     "yy.yaml:1:1: colour: unknown key; known: seed, data, encoder, model, learning, train, "
     "plugins"),
    ("  epochs: 300\n", "",
     "yy.yaml:14:1: train.epochs: missing (passes over the training data)"),
    ("data: {name: yin_yang}\n", "", "yy.yaml:1:1: data: missing (what to learn)"),
    ("{name: yin_yang}", "{nam: yin_yang}",
     "yy.yaml:2:1: data.name: missing; it says which one to take"),
    ("size: 12, ", "",
     "yy.yaml:8:7: model.layers.0.size: missing (number of neurons)"),
    ("seed: 2000", "seed: !!python/name:os.system 3",
     "yy.yaml:1:1: seed: !!python/name:os.system is not allowed here; write a plain value"),
    ("  epochs: 300\n", "  epochs: 300\n  epochs: 301\n",
     "yy.yaml:16:3: train.epochs: written twice, first at yy.yaml:15:3"),
]  # fmt: skip

NAMES = [
    (MODELS, "model:\n  name: first_spike", "model:\n  name: first_spke",
     "yy.yaml:5:3: model.name: unknown model 'first_spke'; did you mean 'first_spike'?"),
    (RULES, "learning:\n  name: first_spike", "learning:\n  name: hebb",
     "yy.yaml:11:3: learning.name: unknown learning rule 'hebb';"),
    (DATASETS, "{name: yin_yang}", "{name: yinyang, size: 3}",
     "yy.yaml:2:8: data.name: unknown data set 'yinyang'; did you mean 'yin_yang'?"),
    (ENCODERS, "{name: latency", "{name: 7",
     "yy.yaml:3:11: encoder.name: unknown encoder 7;"),
    (OPTIMIZERS, "{name: adam", "{name: adem",
     "yy.yaml:17:15: train.optimizer.name: unknown optimizer 'adem'; did you mean 'adam'?"),
    (OPTIMIZERS, "{name: adam", "{name: [sgd]",
     "yy.yaml:17:15: train.optimizer.name: unknown optimizer ['sgd']; did you mean 'sgd'?"),
]  # fmt: skip

SHAPES = [
    ("{size: 3, ", "{size: 4, ",
     "yy.yaml:9:8: model.layers.1.size: the last layer has 4 neurons, but the data have 3 classes; "
     "model.layers.-1.size=3 changes it"),
    ("{name: yin_yang}", "{name: digits}",
     "yy.yaml:9:8: model.layers.1.size: the last layer has 3 neurons"),
    ("threshold: 1.5", "tau_mem: 1.5",
     "yy.yaml:4:1: model: tau_mem must"),
]  # fmt: skip


def test_the_config_to_break_is_right(tmp_path):
    assert problems(tmp_path) == []


@pytest.mark.parametrize(("old", "new", "problem"), RANGES + TYPES + KEYS)
def test_one_mistake(tmp_path, old, new, problem):
    assert problems(tmp_path, old, new) == [problem]


@pytest.mark.parametrize(("table", "old", "new", "start"), NAMES)
def test_an_unknown_name(tmp_path, table, old, new, start):
    assert problems(tmp_path, old, new) == [f"{start} {choices(table)}"]


@pytest.mark.parametrize(("old", "new", "start"), SHAPES)
def test_parts_that_do_not_fit(tmp_path, old, new, start):
    (line,) = problems(tmp_path, old, new)
    assert line.startswith(start)


def test_all_mistakes_at_once_in_the_order_of_the_file(tmp_path):
    overrides = ("train.optimiser.lr=0.1", "train.epochs=-3", "nonsense")
    assert problems(tmp_path, "threshold: 1.5", "treshold: 1.5", overrides) == [
        "yy.yaml:6:3: model.treshold: unknown key; did you mean 'threshold'?",
        "override 1: train.optimiser: unknown key; did you mean 'optimizer'?",
        "override 2: train.epochs: must be 1 or more, got -3",
        "override 3: expected key=value, such as train.epochs=100, got 'nonsense'",
    ]


def test_layers_of_another_model_that_need_no_name(tmp_path):
    """The name that stood in no layer was looked up all the same: an unexpected KeyError."""
    layers = ["bias_times", "size", "weights"], ["size", "weights"]
    told = problems(tmp_path, overrides=("model.name=sbs",))
    for index, keys in enumerate(layers):
        for key in keys:
            start = f"model.layers.{index}.{key}: unknown key"
            assert any(start in line for line in told), start


@pytest.mark.parametrize(
    ("override", "problem"),
    [
        ("seed.x=3", "override 1: seed: must be a whole number, got a map"),
        ("train.scheduler={name: step}", "override 1: train.scheduler.every: missing (epochs)"),
    ],
)
def test_a_wrong_override(tmp_path, override, problem):
    assert problems(tmp_path, overrides=(override,)) == [problem]


def test_an_unknown_name_in_an_override(tmp_path):
    assert problems(tmp_path, overrides=("model.name=sbss",)) == [
        "override 1: model.name: unknown model 'sbss'; did you mean 'sbs'? " + choices(MODELS)
    ]


def test_words_of_a_switch_are_understood(tmp_path):
    assert problems(tmp_path, "exponential: true", "exponential: off") == []


class Small(Settings):
    """One of two alternatives."""

    size: Annotated[int, Field(ge=1)]


class Wide(Settings):
    """The other."""

    width: float
    height: float


class Span(Settings):
    """From one number to another."""

    low: int
    high: int

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.low > self.high:
            raise ValueError("high is below low")
        return self


class Choice(Settings):
    """A value that may be this or that."""

    shape: Small | Wide | None = None
    rate: float | tuple[float, ...] = 1.0
    part: int | Span = 0
    steps: Annotated[tuple[Small, ...], Field(min_length=1)] = (Small(size=1),)

    @model_validator(mode="after")
    def _small(self) -> Self:
        if self.rate == 7:
            raise ValueError("steps.0.size: is odd: 7")
        if self.rate == 8:
            raise ValueError("nothing: is right")
        return self


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("rate: fast", ["1:1: rate: must be a number or a list, got 'fast'"]),
        ("shape: {width: 1, hight: 2}",
         ["1:19: shape.hight: unknown key; did you mean 'height'?"]),
        ("shape: {size: 0, width: 1}",
         ["1:9: shape.size: must be 1 or more, got 0",
          "1:18: shape.width: unknown key; known: size"]),
        ("shape: {size: 0}", ["1:9: shape.size: must be 1 or more, got 0"]),
        ("shape: 3", ["1:1: shape: must be a map of keys to values, got 3"]),
        ("steps: []", ["1:1: steps: must be a list of 1 or more, got an empty list"]),
        ("rate: 7\nsteps: [{size: 1}]", ["2:10: steps.0.size: is odd: 7"]),
        ("rate: 7", ["1:1: steps.0.size: is odd: 7"]),
        ("part: {low: 3, high: 1}", ["1:1: part: high is below low"]),
        ("part: {low: 3, hihg: 1}", ["1:16: part.hihg: unknown key; did you mean 'high'?"]),
        ("part: x", ["1:1: part: must be a whole number or a map of keys to values, got 'x'"]),
        ("rate: 8", ["1:1: nothing: is right"]),
        ("steps: [{size: x}]", ["1:10: steps.0.size: must be a whole number, got 'x'"]),
    ],
)  # fmt: skip
def test_alternatives(text, expected):
    """Of a value that may be this or that, only what is nearest is spoken of.

    What is said of a map is said at the key in it that the text begins with.
    """
    document = Document(parse(text, lambda mark: f"{mark.line + 1}:{mark.column + 1}", []))
    with pytest.raises(ValidationError) as caught:
        Choice.model_validate(words(document.data))
    assert explain(caught.value, document, Choice) == expected


def test_order_and_repeats():
    lines = [
        "override 10: b",
        "b.yaml:2:1: x",
        "override 9: c",
        "a.yaml:10:1: x",
        "a.yaml:9:12: x",
        "a.yaml:9:3: x",
        "b.yaml:2:1: x",
    ]
    assert in_order(lines) == [
        "a.yaml:9:3: x",
        "a.yaml:9:12: x",
        "a.yaml:10:1: x",
        "b.yaml:2:1: x",
        "override 9: c",
        "override 10: b",
    ]
