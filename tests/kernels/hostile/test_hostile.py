"""The compiled module refuses what it cannot do, with a message, and never crashes."""

import subprocess
import sys
from random import Random

import numpy as np
import pytest

from tests.kernels.hostile import stub
from tests.kernels.hostile.calls import CALLS

EXAMPLES = 6000
STRAIGHT = ((3, 3), (1, 1), (1, 1), (0, 0))
NEURON = (0.5, 0.9, 1.0, 0, 0, 1.0, False)
ALL = (True,) * 6


def numbers(*shape, kind=np.float32):
    return np.random.default_rng(0).random(shape).astype(kind)


def test_every_name_of_the_stub_has_a_call_that_works(compiled):
    """A binding is tried by being registered in ``calls.py``; without that, this test fails."""
    assert {*CALLS} == {*stub.callables()}
    for name, arguments in stub.callables().items():
        for seed in range(8):
            function, right = CALLS[name](compiled, Random(seed))
            assert {*right} == {*arguments}
            function(**right)


def test_the_stub_says_what_there_is(compiled):
    public = {name for name in vars(compiled) if not name.startswith("_")}
    told = {name for name in stub.callables() if "." not in name} | {*stub.classes()}
    assert public == told | {"surrogates"}


def test_hostile_calls_are_refused(compiled):
    command = [sys.executable, "-W", "ignore", "-m", "tests.kernels.hostile", str(EXAMPLES)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert ", 0 found wanting; " in done.stdout


def test_threads_at_once_return_what_one_does(compiled):
    command = [sys.executable, "-m", "tests.kernels.hostile.threads", "1"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "at once: the same" in done.stdout


@pytest.mark.parametrize("wanting", ["os.abort()", "time.sleep(9)", "raise RuntimeError('odd')"])
def test_what_is_wanting_is_found(wanting, tmp_path):
    """A fuzzer that saw nothing would find nothing."""
    code = f"""
import os, time
from random import Random
from tests.kernels.hostile import fuzzing
def bad(**x):
    {wanting}
def call(module, random):
    return bad if random.random() < 0.5 else dict, {{"x": 1}}
fuzzing.CALLS, fuzzing.PATIENCE = {{"one": call}}, 1
wanting = [seed for seed in range(6) if Random(seed).random() < 0.5]
report = fuzzing.fuzz(6, 0)
assert [each.seed for each in report.found] == wanting == [1, 3, 4], report
assert report.counts.total() == 3, report
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("name", [*stub.classes()])
def test_no_object_is_without_what_it_holds(name, compiled):
    """Made by ``__new__`` alone, a matrix had 10,889,731 rows, and a graph crashed."""
    kind = getattr(compiled, name)
    for make in (kind.__new__, object.__new__, kind.__mro__[1].__new__):
        with pytest.raises(TypeError):
            make(kind)
    with pytest.raises(TypeError):
        type("Other", (kind,), {})


@pytest.mark.parametrize("threads", [0, -1, -(2**31), 1025, 2**40])
@pytest.mark.parametrize("name", [name for name in CALLS if "threads" in stub.callables()[name]])
def test_threads_that_cannot_be_are_refused(name, threads, compiled):
    """No threads were a division by zero."""
    function, right = CALLS[name](compiled, Random(3))
    with pytest.raises(ValueError, match=f"threads: expected 1 to 1024, not {threads}"):
        function(**right | {"threads": threads})


def test_memory_that_there_is_not_is_told_to_the_caller(compiled):
    """A task that found none, on a thread of its own, ended the process."""
    code = """
import numpy as np
from snnrun.kernels.native import native
from tests.trials import limit_memory
samples, levels = np.arange(4), np.zeros((4, 64), np.int32)
limits, guide = np.zeros((1, 2**20), np.uint32), np.zeros((1, 256), np.uint32)
module = native()
limit_memory(2**27)
for threads in (1, 3):
    try:
        module.counted_intervals(7, samples, levels, limits, guide, threads)
    except MemoryError as error:
        print(error)
print(len(module.counted_words(7, samples, 40000, 0, 3)))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.split("\n")[:2] == ["there is not as much memory as this call needs"] * 2
    assert done.stdout.split("\n")[2] == "4"


def scan(compiled, current, readout, **changed):
    right = {"steps": 8, "neuron": NEURON, "step_weights": numbers(8), "late": 0,
             "constant": False, "backwards": False, "wanted": ALL, "threads": 1}  # fmt: skip
    return compiled.lif_scan(current=current, readout=readout, **right | changed)


def test_a_readout_needs_an_axis_of_neurons(compiled):
    """Steps of one neuron were taken for neurons, and more was written than there was room."""
    with pytest.raises(ValueError, match=r"expected readout .* with current \[8\]"):
        scan(compiled, numbers(8), numbers(8, 3))
    assert scan(compiled, numbers(5), numbers(5, 3), constant=True)[6].shape == (8, 3)


def test_what_is_empty_gives_what_is_empty(compiled):
    """As torch has it; no neurons with a readout, and no samples, ended the process."""
    assert scan(compiled, numbers(8, 0, 5), numbers(5, 3))[6].shape == (8, 0, 3)
    found = scan(compiled, numbers(8, 3, 0), numbers(0, 3))
    np.testing.assert_array_equal(found[6], np.zeros((8, 3, 3)))
    assert found[7].shape == (8, 3, 0)


@pytest.mark.parametrize(("batch", "channels"), [(0, 3), (2, 0), (0, 0)])
def test_gradients_of_nothing_are_zero(batch, channels, compiled):
    right = {"x": numbers(batch, channels, 6, 7), "weights": numbers(9 * channels, 4),
             "geometry": STRAIGHT, "h": numbers(20 * batch, 4), "upstream": numbers(20 * batch, 4),
             "phi": None, "wanted": (True, True, True), "threads": 1}  # fmt: skip
    on_x, on_weights, surplus = compiled.sbs_gradient(**right)
    assert on_x.shape == (batch, 6, 7, channels)
    assert surplus.shape == (20 * batch, 9 * channels)
    np.testing.assert_array_equal(on_weights, np.zeros((9 * channels, 4)))


@pytest.mark.parametrize("joint", [False, True])
def test_an_image_of_no_height_has_no_spikes(joint, compiled):
    geometry = ((3, 3), (1, 1), (1, 1), (2, 0))
    found = compiled.sbs_spikes(numbers(2, 3, 0, 7), geometry, (7, None, joint), 9, 1)
    assert found.shape == (20, 9)
    assert (found == -1).all()


@pytest.mark.parametrize("value", [-1.0, np.inf, -np.inf, np.nan, 3e38])
@pytest.mark.parametrize("layout", ["contiguous", "channels last", "reversed", "one pixel"])
def test_inputs_from_which_nothing_can_be_drawn_are_named(value, layout, compiled):
    """Spikes beyond the last input were drawn, and moved memory that is not theirs."""
    x = numbers(2, 3, 6, 7)
    if layout == "channels last":
        x = np.ascontiguousarray(x.transpose(0, 2, 3, 1)).transpose(0, 3, 1, 2)
    elif layout == "reversed":
        x = x[:, ::-1, :, ::-1]
    x[1, 2, 5, 6] = value
    if layout == "one pixel":
        x = np.broadcast_to(x[1:, 2:, 5:, 6:], x.shape)
    calls = [
        lambda: compiled.sbs_spikes(x, STRAIGHT, (7, None, False), 9, 1),
        lambda: compiled.sbs_pooling(
            x, STRAIGHT, (7, None, False), numbers(9), numbers(20, 1), -1.0, 1
        ),
        lambda: compiled.sbs_forward(
            x, numbers(27, 4), STRAIGHT, (7, None, True), numbers(9), numbers(20, 1), -1.0, 1
        ),
    ]
    for call in calls:
        with pytest.raises(ValueError, match=r"x: expected numbers from 0 to 1e\+30, not "):
            call()


def test_numbers_that_lie_between_others_are_refused(compiled):
    """Steps that are no multiple of a number's size were cut off: other numbers were read."""
    between = np.zeros((2, 3, 6, 7), np.dtype([("before", "u1"), ("here", "f4")]))["here"]
    with pytest.raises(ValueError, match="x: expected numbers that lie 4 bytes apart"):
        compiled.sbs_spikes(between, STRAIGHT, (7, None, False), 9, 1)
    raw = np.zeros(7 * 4 + 1, np.uint8)[1:].view(np.float32)
    with pytest.raises(TypeError, match="z: expected a C-contiguous array of float32"):
        compiled.lambertw(raw, 0, 1)


@pytest.mark.parametrize("part", ["kernel", "stride", "dilation", "padding"])
@pytest.mark.parametrize("value", [2**62, 2**31, 10**6, -1])
def test_geometry_that_is_absurd_is_named(part, value, compiled):
    """Products of such numbers went round, and came out small."""
    at = ["kernel", "stride", "dilation", "padding"].index(part)
    geometry = [list(pair) for pair in STRAIGHT]
    geometry[at][1] = value
    with pytest.raises(ValueError, match=f"geometry: {part}: expected . to 32768, not {value}"):
        compiled.sbs_spikes(numbers(2, 3, 6, 7), geometry, (7, None, False), 9, 1)


def test_sizes_that_are_absurd_are_named(compiled):
    x, draw = numbers(2, 3, 6, 7), (7, None, False)
    wide = ((1, 1), (1, 1), (1, 1), (2**15, 2**15))
    with pytest.raises(ValueError, match="geometry: positions: expected at most 536870912 in all"):
        compiled.sbs_spikes(x, wide, draw, 9, 1)
    with pytest.raises(ValueError, match="steps: expected 0 to 16777216, not 1152921504606846976"):
        compiled.sbs_spikes(x, STRAIGHT, draw, 2**60, 1)
    with pytest.raises(ValueError, match="steps: expected 1 to 16777216"):
        scan(compiled, numbers(5), None, steps=2**50, constant=True, step_weights=None)
    with pytest.raises(ValueError, match=r"spikes: it is empty, \[0, 1099511627776\]"):
        compiled.spike_counts(np.zeros((0, 2**40), np.float32), 1)
    with pytest.raises(ValueError, match="share: expected a number from 0 to 1, not nan"):
        compiled.sparse(numbers(3, 4), np.nan)


def with_another(parts, at, value):
    return (*parts[:at], value, *parts[at + 1 :])


@pytest.mark.parametrize(
    ("name", "argument", "at", "value", "message"),
    [
        ("lif_scan", "neuron", 0, "0.5", "neuron: current_decay: expected a number, not '0.5'"),
        ("lif_scan", "neuron", 3, 0.5, "neuron: reset: expected a whole number, not 0.5"),
        ("lif_scan", "wanted", 2, "no", r"wanted\[2\]: expected true or false, not 'no'"),
        ("lif_sequence", "choices", 0, None, "choices: reset: expected a whole number, not None"),
        ("lif_sequence", "constants", 3, "1", "threshold: expected a number, not '1'"),
        ("lif_sequence", "state", 0, [], r"membrane: expected a number, not \[\]"),
        ("lif_sequence_gradient", "want_constants", 0, "", r"want_constants\[0\]: expected true"),
        ("sbs_spikes", "geometry", 1, 3, "geometry: stride: expected 2 of them, not 3"),
        ("sbs_spikes", "geometry", 3, (0, 0.5), r"geometry: padding\[1\]: expected a whole number"),
        ("sbs_gradient", "wanted", 1, "no", r"wanted\[1\]: expected true or false, not 'no'"),
    ],
)
def test_parts_of_the_wrong_kind_are_named(name, argument, at, value, message, compiled):
    """They were a RuntimeError about a C++ type."""
    function, right = CALLS[name](compiled, Random(1))
    right[argument] = with_another(right[argument], at, value)
    with pytest.raises(TypeError, match=message):
        function(**right)


def test_thresholds_of_the_wrong_kind_are_named(compiled):
    function, right = CALLS["first_spike_forward"](compiled, Random(1))
    with pytest.raises(TypeError, match="nominal threshold: expected a number, not 'high'"):
        function(**right | {"nominal": "high"})
