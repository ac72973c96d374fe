"""Keys as text, and back."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from snnrun.core.paths import dotted, flat, prefixes, steps

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


@pytest.mark.parametrize(
    "plain", [{n: n for n in range(10_001)}, {"a" * 1000: {n: n for n in range(300)}}]
)
def test_more_keys_than_anybody_means_are_refused(plain):
    """A long key over many would be copied for each of them."""
    with pytest.raises(ValueError, match="holds more keys, or longer ones, than anybody means"):
        flat(plain)
    assert len(flat({n: n for n in range(10_000)})) == 10_000


@given(st.lists(KEYS, min_size=1, max_size=4))
def test_prefixes_are_the_ways_to_all_that_a_value_lies_in(keys):
    expected = [dotted(tuple(keys[:count])) for count in range(1, len(keys) + 1)]
    assert list(prefixes(dotted(tuple(keys)))) == expected
