"""Keys as text, and back."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from snnrun.core.paths import dotted, steps

KEYS = st.text(min_size=1, max_size=9).filter(lambda key: not {'"', "'"} <= set(key))


@given(st.lists(KEYS, min_size=1, max_size=4), st.none() | st.text(max_size=9))
def test_what_is_written_is_read(keys, value):
    text = dotted(tuple(keys)) + ("" if value is None else f"={value}")
    assert steps(text) == (keys, value)


@pytest.mark.parametrize(
    ("path", "text"),
    [
        (("train", "epochs"), "train.epochs"),
        (("layers", 0, "size"), "layers.0.size"),
        (("X -> Ae", "w"), "X -> Ae.w"),
        (("a.b", "c"), '"a.b".c'),
        (("a=b",), '"a=b"'),
        (("a: b",), '"a: b"'),
        ((" a",), '" a"'),
        (("",), '""'),
        (("don't.", 'say "a"'), '"don\'t.".\'say "a"\''),
        ((), ""),
    ],
)
def test_dotted(path, text):
    assert dotted(path) == text


@pytest.mark.parametrize(
    ("text", "keys", "value"),
    [
        (" a . b = 7", ["a", "b"], " 7"),
        ("a=b.c=d", ["a"], "b.c=d"),
        ("a..b=3", ["a", "", "b"], "3"),
        ("=3", [""], "3"),
        ("a", ["a"], None),
        ("'a.b'.c=", ["a.b", "c"], ""),
        ('"open.c=1', ['"open', "c"], "1"),
        ('"a"b.c=1', ['"a"b', "c"], "1"),
    ],
)
def test_steps(text, keys, value):
    assert steps(text) == (keys, value)
