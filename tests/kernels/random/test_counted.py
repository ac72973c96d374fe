"""Counted random numbers: by hand, compiled against the twin, whose numbers they are, refusals."""

import ast
import math
from inspect import getsource
from itertools import product

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from snnrun.kernels.native import native
from snnrun.kernels.random import counted, reference
from snnrun.kernels.random.philox import philox
from snnrun.kernels.random.reference import Kind
from tests.kernels.test_native import python

compiled = pytest.mark.skipif(native() is None, reason="the kernels are not compiled")
KEY = 0x0123456789ABCDEF
FOUR = np.array([0, 5, 2**32 + 5, 2**63 - 1])
SIZE = 70  # numbers of a sample: more than a group of sixteen blocks


@pytest.fixture(params=["compiled", "twin"])
def side(request, monkeypatch):
    """Run a test on both sides."""
    if request.param == "twin":
        monkeypatch.setattr(counted, "native", lambda: None)
    elif native() is None:
        pytest.skip("the kernels are not compiled")


# ---- by hand ----


def test_which_words_a_number_gets(side):
    """Number 6 is of word 2 of block 1."""
    low, high = 5, 2**31 - 1
    drawn = counted.words(KEY, np.array([high * 2**32 + low]), 7)
    assert drawn[0, 6] == philox((1, Kind.WORDS << 29, low, 2 * high), KEY)[2]
    word = int(philox((1, Kind.UNIFORM << 29, low, 2 * high), KEY)[2])
    assert counted.uniform(KEY, np.array([high * 2**32 + low]), 7)[0, 6] == (word >> 8) / 2**24


def test_which_words_a_spike_gets(side):
    """Step 5 of value 2 of sample 2^32 + 9: word 1 of block 1; chances are rounded to 2^-32."""
    word = int(philox((1, (Kind.BERNOULLI << 29) + 2, 9, 2), KEY)[1])
    for more, spike in ((0, 0.0), (0.25, 0.0), (0.75, 1.0), (1, 1.0)):
        chances = np.full((1, 3), (word + more) / 2**32)
        found = counted.bernoulli(KEY, chances, np.array([2**32 + 9]), 6)
        assert found[5, 0, 2] == spike


def test_integers_by_hand(side):
    """The product of the bound and a word of 64 bits, without its last 64 bits."""
    drawn = reference.words(KEY, FOUR, 6, Kind.INTEGERS).tolist()
    for below in (1, 2, 10, 2**31 + 5, 2**32 - 1, 2**32):
        found = counted.integers(KEY, FOUR, 3, below).tolist()
        for row, words in zip(found, drawn, strict=True):
            pairs = zip(words[::2], words[1::2], strict=True)
            assert row == [(a * 2**32 + b) * below >> 64 for a, b in pairs]


def test_known_answers(side):
    """What a seed once gave it must give for ever."""
    assert counted.words(KEY, FOUR, 2).tolist() == [
        [3494017513, 3227636908],
        [3003757472, 978335315],
        [686530739, 2830518601],
        [1043021762, 2794238623],
    ]
    assert (counted.uniform(KEY, FOUR, 2) * 2**24).tolist() == [
        [939826, 7205144],
        [4044984, 13281469],
        [12447550, 10021970],
        [9051768, 15031873],
    ]
    assert counted.normal(KEY, FOUR, 2).tolist() == [
        [-0.06496503204107285, 1.0745962858200073],
        [-0.9456111192703247, -0.532964289188385],
        [-1.1631571054458618, 0.6551526784896851],
        [-0.0954660177230835, 0.6860016584396362],
    ]
    assert counted.integers(KEY, FOUR, 3, 10).tolist() == [
        [5, 7, 3],
        [0, 2, 9],
        [7, 3, 8],
        [0, 5, 4],
    ]
    spikes = counted.bernoulli(KEY, np.full((4, 3), [0.25, 0.5, 0.75]), FOUR, 3)
    assert spikes.tolist() == [
        [[0, 1, 1], [0, 1, 1], [1, 0, 1], [0, 0, 1]],
        [[0, 0, 1], [0, 1, 1], [1, 0, 0], [0, 0, 1]],
        [[1, 0, 1], [0, 0, 1], [1, 1, 1], [0, 0, 1]],
    ]


EDGES = [0, 1, 2, 3, 4, 5, 2**29, 2**30 - 1, 2**30, 2**31 - 1, 2**31, 2**31 + 1, 3 * 2**30]
EDGES += [round(2**31.5), 2**32 - 2**8, 2**32 - 5, 2**32 - 4, 2**32 - 2, 2**32 - 1]


def test_normal_numbers_are_those_of_box_and_muller():
    """Their relative error is that of single precision, also where u is nearly 1, and in tails."""
    random = np.random.default_rng(1)
    words = np.array([*EDGES, *random.integers(0, 2**32, 400), *(2**32 - 2 ** np.arange(3, 31))])
    pairs = np.array(list(product(words, words[::3])), dtype=np.uint32)
    first, second = reference.box_muller(pairs[:, 0], pairs[:, 1])
    v, w = pairs.astype(np.float64).T
    radius = np.sqrt(-2 * np.log1p((2 * np.floor(v / 4) + 1 - 2**31) / 2**31))
    angle = np.pi / 2 * ((w % 2**30) / 2**30 - ((w % 2**30) >= 2**29))
    radius *= np.where(w >= 2**31, -1, 1)
    swapped = (w // 2**30) % 2 == 1
    cosine, sine = radius * np.cos(angle), radius * np.sin(angle)
    exact = np.where(swapped, [sine, cosine], [cosine, sine])
    error = np.abs([first, second] - exact)
    assert (error <= 4e-7 * np.abs(exact)).all()
    assert max(first.max(), -first.min()) == pytest.approx(math.sqrt(62 * math.log(2)))


# ---- compiled against the twin ----

KEYS = st.integers(0, 2**64 - 1)
NUMBERS = st.one_of(st.integers(0, 40), st.integers(0, 2**63 - 1))
SAMPLES = st.lists(NUMBERS, max_size=40).map(lambda found: np.array(found, dtype=np.int64))


def assert_same_bits(one, other):
    assert one.shape == other.shape
    assert one.dtype == other.dtype
    assert one.tobytes() == other.tobytes()


@compiled
@settings(max_examples=150)
@given(key=KEYS, samples=SAMPLES, count=st.integers(0, SIZE), step=st.sampled_from([1, 2, -1]))
@pytest.mark.parametrize("name", ["uniform", "normal", "words"])
def test_numbers_are_those_of_the_twin(name, key, samples, count, step):
    found = getattr(counted, name)(key, samples[::step], count)
    assert_same_bits(found, getattr(reference, name)(key, samples[::step], count))


def chances_of(seed, shape, dark, dtype):
    """Chances, a share of them 0, some 1, some tiny."""
    random = np.random.default_rng(seed)
    p = random.random(shape) ** random.choice([1, 1, 40], shape)
    return np.where(random.random(shape) < dark, random.choice([0, 0, 1], shape), p).astype(dtype)


@compiled
@settings(max_examples=150)
@given(
    key=KEYS,
    samples=SAMPLES,
    width=st.integers(0, SIZE),
    steps=st.integers(0, 13),
    seed=st.integers(0, 10**6),
    dark=st.sampled_from([0.0, 0.3, 0.9, 1.0]),
    dtype=st.sampled_from([np.float32, np.float64]),
    layout=st.sampled_from(["rows", "columns", "every other"]),
)
def test_spikes_are_those_of_the_twin(key, samples, width, steps, seed, dark, dtype, layout):
    shape = len(samples), width
    if layout == "columns":
        chances = chances_of(seed, shape[::-1], dark, dtype).T
    else:
        stride = 1 if layout == "rows" else 2
        chances = chances_of(seed, (shape[0], width * stride), dark, dtype)[:, ::stride]
    found = counted.bernoulli(key, chances, samples, steps)
    assert_same_bits(found, reference.bernoulli(key, chances, samples, steps))


LARGE = [(1, 150_000), (40_000, 1), (40_001, 5), (301, 500)]


@compiled
@pytest.mark.parametrize(("rows", "count"), LARGE)
def test_the_same_bits_for_any_number_of_threads(rows, count):
    """Sizes of several tasks, of the twin's bits too."""
    samples = np.random.default_rng(rows).integers(0, 2**63 - 1, rows)
    chances = chances_of(rows, (rows, count), 0.5, np.float32)
    before, found = torch.get_num_threads(), []
    for threads in (1, 2, 3):
        torch.set_num_threads(threads)
        each = [f(KEY, samples, count) for f in (counted.uniform, counted.normal, counted.words)]
        found.append([*each, counted.bernoulli(KEY, chances, samples, 3)])
    torch.set_num_threads(before)
    twin = [f(KEY, samples, count) for f in (reference.uniform, reference.normal, reference.words)]
    twin.append(reference.bernoulli(KEY, chances, samples, 3))
    for drawn in found:
        for one, other in zip(drawn, twin, strict=True):
            assert_same_bits(one, other)


def digests(uniform, normal, words, bernoulli):
    """Of what the functions draw, for few and for many numbers; runs in other processes too."""
    from hashlib import sha256

    import numpy as np

    samples = np.random.default_rng(0).integers(0, 2**63 - 1, 300)
    chances = np.random.default_rng(1).random((300, 40)) * (np.arange(40) % 3 > 0)
    sizes = (300, 1), (300, 5), (3, 4000), (2, 4003)
    drawn = [draw(7, samples[:rows], n) for draw in (uniform, normal, words) for rows, n in sizes]
    drawn += [bernoulli(7, chances.astype(kind), samples, 9) for kind in (np.float32, np.float64)]
    return [sha256(each.tobytes()).hexdigest() for each in drawn]


#: The compiled module itself, because torch takes seconds to import.
LEVEL = f"""
import snnrun._native as native
{getsource(digests)}
print(digests(
    lambda *given: native.counted_uniform(*given, 2),
    lambda *given: native.counted_normal(*given, 2),
    lambda *given: native.counted_words(*given, {Kind.WORDS:d}, 2),
    lambda *given: native.counted_bernoulli(*given, 2),
))
"""


@compiled
@pytest.mark.parametrize("level", ["baseline", "avx2", "avx512"])
def test_the_same_bits_at_every_cpu_level(level):
    """Where a level did not run, the twin did, and was compared with itself."""
    done = python(LEVEL, SNNRUN_CPU=level)
    if "does not run on this machine" in done.stderr:
        pytest.skip(f"this machine has no {level}")
    assert done.returncode == 0, done.stderr
    twin = digests(reference.uniform, reference.normal, reference.words, reference.bernoulli)
    assert ast.literal_eval(done.stdout) == twin
    assert len(set(twin)) == 14


# ---- whose numbers they are ----


@pytest.mark.parametrize("name", ["uniform", "normal", "words", "integers"])
def test_a_number_depends_on_nothing_but_key_sample_and_place(side, name):
    """Batches split and in another order, and more numbers than are needed."""
    options = {"below": 1000} if name == "integers" else {}
    samples = np.random.default_rng(2).permutation(np.r_[0:20, 2**32 : 2**32 + 9, 2**62])
    draw = getattr(counted, name)
    whole = draw(KEY, samples, 23, **options)
    assert_same_bits(draw(KEY, samples[::-1], 23, **options)[::-1].copy(), whole)
    assert_same_bits(draw(KEY, samples, 7, **options), whole[:, :7].copy())
    parts = [draw(KEY, samples[a:b], 23, **options) for a, b in ((0, 1), (1, 12), (12, 30))]
    assert_same_bits(np.concatenate(parts), whole)
    assert len(np.unique(whole)) > 0.5 * whole.size


def test_a_spike_depends_on_nothing_but_key_sample_value_and_step(side):
    samples = np.random.default_rng(3).permutation(np.r_[0:20, 2**32 : 2**32 + 9, 2**62])
    chances = chances_of(4, (30, 33), 0.4, np.float64)
    whole = counted.bernoulli(KEY, chances, samples, 9)
    assert_same_bits(counted.bernoulli(KEY, chances, samples, 5), whole[:5])
    narrow = counted.bernoulli(KEY, chances[:, :7], samples, 9)
    assert_same_bits(narrow, whole[:, :, :7].copy())
    part = np.array([17, 3, 29])
    assert_same_bits(counted.bernoulli(KEY, chances[part], samples[part], 9), whole[:, part])
    others = np.where(np.arange(33) == 6, chances, 0)
    alone = counted.bernoulli(KEY, others, samples, 9)
    assert_same_bits(alone[:, :, 6].copy(), whole[:, :, 6].copy())


# ---- refusals ----

ONE, FINE = np.array([3]), np.array([[0.5]])
REFUSED = [
    ("uniform", (-1, ONE, 1), ValueError, r"key: expected 64 bits.*, not -1"),
    ("normal", (2**64, ONE, 1), ValueError, "key: expected 64 bits.*, not 18446744073709551616"),
    ("words", (1.5, ONE, 1), TypeError, "'float' object cannot be interpreted as an integer"),
    ("uniform", (1, np.array([1.0]), 1), TypeError, "samples: .* of int64, not float64"),
    ("uniform", (1, np.array([1], np.int32), 1), TypeError, "samples: .* of int64, not int32"),
    ("normal", (1, np.array([[1]]), 1), ValueError, r"samples: expected \[samples\], not \[1, 1\]"),
    ("words", (1, np.array([4, -2]), 1), ValueError, "samples: expected numbers from 0 on, not -2"),
    ("uniform", (1, ONE, -1), ValueError, "count: expected 0 to 2.34, not -1"),
    ("normal", (1, ONE, 2**34 + 1), ValueError, "count: expected 0 to 2.34, not 17179869185"),
    ("words", (1, ONE, 2.5), TypeError, "incompatible|integer"),
    ("integers", (1, ONE, 1, 0), ValueError, "below: expected 1 to 2.32, not 0"),
    ("integers", (1, ONE, 1, 2**32 + 1), ValueError, "below: expected 1 to 2.32, not 4294967297"),
    ("integers", (1, ONE, -1, 7), ValueError, "count: expected 0 to 2.34, not -2"),
    ("bernoulli", (1, FINE, np.array([-1]), 2), ValueError, "samples: .* from 0 on, not -1"),
    ("bernoulli", (1, FINE, ONE, -1), ValueError, "steps: expected 0 to 2.34, not -1"),
    ("bernoulli", (1, FINE[0], ONE, 2), ValueError, r"chances: .* with 1 samples, not \[1\]"),
    ("bernoulli", (1, np.ones((2, 3)), ONE, 2), ValueError, r"with 1 samples, not \[2, 3\]"),
    ("bernoulli", (1, FINE.astype(int), ONE, 2), TypeError, "float32 or float64, not int64"),
    ("bernoulli", (1, -FINE, ONE, 2), ValueError, "chances: .* from 0 to 1, not -0.5"),
    ("bernoulli", (1, FINE + 0.75, ONE, 2), ValueError, "chances: .* from 0 to 1, not 1.25"),
    ("bernoulli", (1, FINE * math.nan, ONE, 2), ValueError, "chances: .* from 0 to 1, not nan"),
]


@pytest.mark.parametrize(("name", "arguments", "error", "message"), REFUSED)
def test_bad_arguments_are_refused(side, name, arguments, error, message):
    with pytest.raises(error, match=message):
        getattr(counted, name)(*arguments)


@compiled
def test_a_wide_image_is_refused_before_it_is_read():
    """A view of one number, 2^29 + 1 wide."""
    wide = np.broadcast_to(np.zeros(1, np.float32), (0, 2**29 + 1))
    with pytest.raises(ValueError, match=r"at most 2\^29 of a sample, not 536870913"):
        native().counted_bernoulli(1, np.ascontiguousarray(wide), np.zeros(0, np.int64), 1, 1)


@compiled
def test_the_compiled_module_wants_contiguous_arrays():
    samples, chances = np.arange(4), np.full((2, 4), 0.5)
    with pytest.raises(TypeError, match="samples: expected a C-contiguous array of int64"):
        native().counted_uniform(1, samples[::2], 1, 1)
    with pytest.raises(TypeError, match="chances: expected a C-contiguous array"):
        native().counted_bernoulli(1, chances[:, ::2], samples[:2], 1, 1)
    with pytest.raises(ValueError, match="kind: expected 0 to 6, not 7"):
        native().counted_words(1, samples, 1, 7, 1)
