"""How many samples are classified right."""

import math

import pytest
import torch

from snnrun.learning.outcome import predictions, right

INF, NAN = math.inf, math.nan


@pytest.mark.parametrize("dtype", [torch.float64, torch.float32, torch.bfloat16])
def test_right_counts_the_predictions_that_are_true(dtype):
    """Ties, classes that never answered and numbers that are none among them."""
    scores = torch.tensor(
        [[0.5, 0.25], [0.25, 0.5], [1.0, 1.0], [-INF, -INF], [-INF, 2.0], [NAN, 1.0], [INF, 1.0]],
        dtype=dtype,
    )
    found = {
        of: (predictions(scores).eq(of).sum().item(), right(scores, torch.full((7,), of)))
        for of in (0, 1)
    }
    assert found == {0: (2, 2), 1: (2, 2)}


def test_right_counts_large_batches():
    random = torch.Generator().manual_seed(5)
    scores = torch.randint(4, (2000, 7), generator=random).double()  # many ties
    targets = torch.randint(7, (2000,), generator=random)
    assert right(scores, targets) == predictions(scores).eq(targets).sum().item() > 100
