"""Hints at what was meant: a name alone over the settings of another, a key in the wrong place."""

import pytest
from pydantic import ValidationError

from snnrun.config.problems import explain
from snnrun.config.reading import Document
from snnrun.config.tree import parse
from snnrun.core.registry import Settings
from tests.config.yinyang import problems

YIN = "{name: yin_yang, r_big: 0.4, sizes: {train: 10}}"
ADAM = "lr: 5e-3, betas: [0.9, 0.9]"


@pytest.mark.parametrize(
    ("old", "new", "overrides", "expected"),
    [
        ("{name: yin_yang}", YIN, ("data.name=digits",),
         ["override 1: data.name: 'digits' has no r_big, sizes; "
          "'data=digits' starts afresh"]),
        ("{name: yin_yang}", YIN, ("data.name=digits", "data.q=3"),
         ["override 1: data.name: 'digits' has no r_big, sizes; "
          "'data=digits' starts afresh",
          "override 2: data.q: unknown key of 'digits'; known: seed"]),
        ("lr: 5e-3", ADAM, ("seed=1", "train.optimizer.name=sgd"),
         ["override 2: train.optimizer.name: 'sgd' has no betas; "
          "'train.optimizer=sgd' starts afresh"]),
        ("name: adam, lr: 5e-3", ADAM, ("train.optimizer.name=sgd",),
         ["override 1: train.optimizer.name: 'sgd' has no betas; "
          "'train.optimizer=sgd' starts afresh"]),
        ("{name: yin_yang}", "{name: yin_yang, r_bigg: 0.4}", ("data.name=yin_yang",),
         ["yy.yaml:2:24: data.r_bigg: unknown key; did you mean 'r_big'?"]),
        ("lr: 5e-3", ADAM, ("train.optimizer={name: sgd}",), []),
    ],
)  # fmt: skip
def test_another_name_by_override(tmp_path, old, new, overrides, expected):
    """The keys of the old data set were unknown one by one, and nothing said what would help."""
    assert problems(tmp_path, old, new, overrides) == expected


@pytest.mark.parametrize(
    ("override", "meant"),
    [
        ("lr=0.1", "train.optimizer.lr"),
        ("train.lr=0.1", "train.optimizer.lr"),
        ("epochs=3", "train.epochs"),
        ("optimizer.lr=3", "train.optimizer"),
        ("train.every=3", "train.scheduler.every"),
        ("train.std=3", "encoder.noise.std"),
        ("learning.train=3", "train"),
    ],
)
def test_a_key_that_belongs_elsewhere(tmp_path, override, meant):
    """`lr=0.1` was answered by the names of the sections."""
    key = override.partition("=")[0].removesuffix(".lr" if override.startswith("opt") else "")
    assert problems(tmp_path, overrides=(override,)) == [
        f"override 1: {key}: unknown key here; did you mean {meant!r}?"
    ]


@pytest.mark.parametrize("key", ["size", "momentum", "name"])
def test_a_key_that_belongs_nowhere_else(tmp_path, key):
    """Of a layer, of an optimiser that the config does not name, of no settings."""
    assert problems(tmp_path, overrides=(f"{key}=3",)) == [
        f"override 1: {key}: unknown key; known: seed, data, encoder, model, learning, train, "
        "plugins"
    ]


def test_the_nearest_place_is_meant():
    class Inner(Settings):
        gain: float = 1.0

    class Part(Settings):
        inner: Inner = Inner()
        other: float = 0.0

    class Whole(Settings):
        one: Part = Part()
        two: Part = Part()
        gain: float = 2.0

    for text, meant in (("two: {gain: 1}", "two.inner.gain"), ("one: {two: 1}", "two"),
                        ("one: {inner: {other: 1}}", "one.other")):  # fmt: skip
        document = Document(parse(text, str, []))
        with pytest.raises(ValidationError) as caught:
            Whole.model_validate(document.data)
        (line,) = explain(caught.value, document, Whole)
        assert line.endswith(f"unknown key here; did you mean {meant!r}?")


@pytest.mark.parametrize(
    ("override", "expected"),
    [
        ("seed=[0, 1, 2]", "seed: must be a whole number, got a list of 3; several seeds: "),
        ("seeds=3", "seeds: unknown key; several seeds: `snnrun train --seeds 3`"),
        ("train.optimizer={name:sgd}",
         'train.optimizer."name:sgd": unknown key; a blank stands behind a colon: {name: sgd}'),
        ("learning.name=eprop",
         "learning: 'eprop' does not train this model; those that do: first_spike"),
        ("learning={name: eprop, bump: 3}",
         "learning: 'eprop' does not train this model; those that do: first_spike"),
    ],
)  # fmt: skip
def test_what_one_would_try_first(tmp_path, override, expected):
    """Of a rule for other networks, its unknown keys were listed; of a list of seeds, its type."""
    (problem,) = problems(tmp_path, overrides=(override,))
    assert problem.startswith(f"override 1: {expected}")
