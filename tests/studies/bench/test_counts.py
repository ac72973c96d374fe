"""Bytes and operations of an element, counted once more by hand."""

import numpy as np
import pytest
import torch

from snnrun.kernels.native import native
from snnrun.studies.bench import first_spike, graph, lif, products, random, sbs
from snnrun.studies.bench.kernels import KERNELS

needs_kernels = pytest.mark.skipif(native() is None, reason="the kernels are not compiled")


def test_a_sequence_moves_five_arrays_and_computes_twenty_operations():
    """20 steps, 64 samples, 512 neurons.

    Forward V/2, + x, >=, reset. Backward these 4; H - c, times pi; square, + 1, 1 /; H psi, 1 - S,
    minus, times C, g psi, sum; times 1/2.
    """
    made = lif.sequence_work(False)
    assert made.elements == 20 * 64 * 512
    single = 20 * 64 * 512 * 4
    forward, backward = 2 * single, 3 * single
    assert made.bytes * made.elements == forward + backward
    assert made.operations == 4 + 4 + 2 + 3 + 6 + 1


def test_a_scan_reads_its_current_and_writes_three_numbers_a_neuron():
    made = lif.scan_work(False)
    assert made.bytes * made.elements == pytest.approx(4 * 64 * 512 * (20 + 3))
    assert made.operations == 17


def test_first_spikes_count_what_comes_before_a_spike():
    """Inputs at 0, 1 and twice at 2; neurons that spike at 1.5, at 3, and not at all.

    Pairs: 2, 3 and 3, for the two that come together count as one; spikes: 2; causes: 2 and 3.
    """
    arrivals = torch.tensor([[2.0, 0.0, 1.0, 2.0]])
    times = torch.tensor([[1.5, 3.0, torch.inf]])
    assert first_spike.operations(arrivals, times) == 10 * (2 + 3 + 3) + 100 * 2 + 8 * (2 + 3)


def test_a_spike_of_sbs_costs_four_operations_a_neuron_and_five_more():
    made = sbs.forward_work(False)
    assert made.operations == 4 * 64 + 5
    assert made.elements == 2 * 36 * 800
    images, weights, answers = 2 * 32 * 10 * 10, 800 * 64, 2 * 36 * 64
    assert made.bytes * made.elements == pytest.approx(4 * (images + weights + answers))


def test_the_gradient_of_sbs_is_four_products():
    made = sbs.gradient_work(False)
    assert made.operations * made.elements == 4 * 2 * (8 * 36) * 800 * 64


def test_a_sparse_product_counts_what_is_not_zero():
    made = products.sparse_work(False)
    assert made.elements == pytest.approx(0.19 * 128 * 784, rel=0.02)
    assert made.operations == 2 * (2 * 128)
    numbers = 128 * 784 + 2 * 784 * 128 + 2 * 128 * 128
    assert made.bytes * made.elements == pytest.approx(4 * numbers)


def test_a_narrow_product_is_computed_three_times():
    made = products.narrow_work(False)
    assert made.operations * made.elements == 3 * 2 * 1280 * 256 * 10


@needs_kernels
def test_spikes_at_intervals_are_those_that_are_drawn():
    made = random.intervals_work(False)
    starts, places = made.ours()
    assert len(places) == made.elements
    given = 4 * 4 * 128  # levels
    assert made.bytes * made.elements == pytest.approx(starts.nbytes + places.nbytes + given)


def test_the_graph_reads_and_writes_its_weights():
    made = graph.work(False)
    assert made.bytes * made.elements == pytest.approx(2 * 8 * 784 * 100)
    assert np.count_nonzero(made.comparable(made.twin())["spikes"]) > 5


@pytest.mark.parametrize("name", KERNELS)
def test_every_kernel_tells_its_size(name):
    small = KERNELS[name].work(False)
    assert small.size
    assert small.element
    assert small.elements > 0
    assert small.bytes > 0
    assert small.operations is None or small.operations > 0
    assert KERNELS[name].summary
