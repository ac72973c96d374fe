"""Spike-By-Spike networks that the figures show."""

import numpy as np
import pytest

from tests.evaluation.networks import LIVE, sbs
from tests.evaluation.runs import measured, saved


def evaluate(folder, *layers):
    """An untrained network of the 8 x 8 digits, and all that is measured of it."""
    return measured(saved(folder, sbs(list(layers))))


@pytest.fixture(scope="session")
def network(tmp_path_factory):
    return measured(saved(tmp_path_factory.mktemp("run"), sbs()))


@pytest.fixture(scope="session")
def older(tmp_path_factory):
    """A network of 2022: light and dark, pooling with spikes, step sizes by place."""
    return measured(saved(tmp_path_factory.mktemp("run"), LIVE["sbs of 2022"]()))


@pytest.fixture(scope="session")
def large(tmp_path_factory):
    """A network whose second layer is too large to show all of it, over one that is not."""
    return evaluate(
        tmp_path_factory.mktemp("run"),
        {"name": "sbs", "neurons": 14, "kernel": 3},
        {"name": "max_pooling", "kernel": 2, "stride": 2},
        {"name": "sbs", "neurons": 13, "kernel": [3, 2]},
        {"name": "average_pooling", "kernel": [1, 2]},
        {"name": "sbs", "neurons": 10},
    )


def image(axes) -> np.ndarray:
    return np.ma.filled(axes.images[0].get_array(), np.nan)
