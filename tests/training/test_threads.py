"""What a process gives to a network."""

import ctypes
import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch

import snnrun
from snnrun.training.threads import SMALL, threads_for
from tests.tiny import numbers, weights

CONFIGS = Path(__file__).parent.parent.parent / "configs"
GLIBC = os.name == "posix" and hasattr(ctypes.CDLL(None), "mallopt")
FAULTS = """
import resource, sys, torch
from snnrun.training.threads import keep_freed_memory

def faults():
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    for _ in range(20):
        torch.ones(12_000_000)
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before

keep_freed_memory()
faults()  # until there is a place that fits
print(faults())
"""


def faults(**variables):
    """How many pages the system makes for 20 arrays of 48 MB, one after the other."""
    env = {name: value for name, value in os.environ.items() if not name.startswith("MALLOC_")}
    code = [sys.executable, "-c", FAULTS]
    run = subprocess.run(code, env=env | variables, capture_output=True, text=True, check=True)
    return int(run.stdout)


@pytest.mark.skipif(not GLIBC, reason="the C library is not glibc")
def test_pages_of_freed_arrays_are_used_again():
    theirs = faults(MALLOC_TRIM_THRESHOLD_="131072")  # what the user says holds
    assert faults(MALLOC_ARENA_MAX="2") < theirs / 10


def test_small_networks_get_one_thread():
    before = torch.get_num_threads()
    with threads_for(torch.nn.Linear(2, 2)):
        assert torch.get_num_threads() == 1
    with threads_for(torch.nn.Linear(2, 2), 2):
        assert torch.get_num_threads() == 2
    with threads_for(torch.nn.Linear(SMALL, 1)):
        assert torch.get_num_threads() == before
    assert torch.get_num_threads() == before


def bits(config, threads, results):
    """All numbers of an epoch, and its weights."""
    chosen = ["train.epochs=1", "train.savepoints=[]", f"train.threads={threads}"]
    quiet = ["train.live_plot=false", "train.tensorboard=false"]
    run = snnrun.train(config, [*chosen, *quiet], results=results / str(threads))
    return numbers(run), weights(run, "epoch_0001")


@pytest.mark.parametrize(
    "name",
    [
        "random_feedback_digits",  # its alignment, which torch computes, differed
        *(
            pytest.param(name, marks=pytest.mark.slow)
            for name in (
                "first_spike_digits", "sbs_digits", "stbp_digits", "eligibility_digits",
                "diehl_cook_digits", "reward_xor", "first_spike_delays_yin_yang",
            )
        ),
    ],
)  # fmt: skip
def test_any_number_of_threads_gives_the_same_bits(tmp_path, name):
    config = CONFIGS / f"{name}.yaml"
    alone = bits(config, 1, tmp_path)
    assert all(bits(config, threads, tmp_path) == alone for threads in (2, 3))
