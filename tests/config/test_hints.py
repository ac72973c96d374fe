"""Hints at what was meant: a name alone over the settings of another."""

import pytest

from tests.config.yinyang import problems

YIN = "{name: yin_yang, r_big: 0.4, sizes: {train: 10}}"
ADAM = "lr: 5e-3, betas: [0.9, 0.9]"


@pytest.mark.parametrize(
    ("old", "new", "overrides", "expected"),
    [
        ("{name: yin_yang}", YIN, ("data.name=digits",),
         ["override 1: data.name: 'digits' has no r_big, sizes; "
          "'data={name: digits}' starts afresh"]),
        ("{name: yin_yang}", YIN, ("data.name=digits", "data.q=3"),
         ["override 1: data.name: 'digits' has no r_big, sizes; "
          "'data={name: digits}' starts afresh",
          "override 2: data.q: unknown key of 'digits'; known: seed"]),
        ("lr: 5e-3", ADAM, ("seed=1", "train.optimizer.name=sgd"),
         ["override 2: train.optimizer.name: 'sgd' has no betas; "
          "'train.optimizer={name: sgd}' starts afresh"]),
        ("name: adam, lr: 5e-3", ADAM, ("train.optimizer.name=sgd",),
         ["override 1: train.optimizer.name: 'sgd' has no betas; "
          "'train.optimizer={name: sgd}' starts afresh"]),
        ("{name: yin_yang}", "{name: yin_yang, r_bigg: 0.4}", ("data.name=yin_yang",),
         ["yy.yaml:2:24: data.r_bigg: unknown key; did you mean 'r_big'?"]),
        ("lr: 5e-3", ADAM, ("train.optimizer={name: sgd}",), []),
    ],
)  # fmt: skip
def test_another_name_by_override(tmp_path, old, new, overrides, expected):
    """The keys of the old data set were unknown one by one, and nothing said what would help."""
    assert problems(tmp_path, old, new, overrides) == expected
