"""Parts of models that carry something over to the next batch, and those that only look so."""

import pytest
import torch
from torch import nn

from snnrun.core.batch import Batch
from snnrun.core.record import Record
from snnrun.errors import PluginError
from snnrun.training.carried import is_foreign, refuse_carrying
from tests.batches import random_of
from tests.training.cells import (
    Beginning,
    Buffered,
    Caching,
    Carrying,
    Cell,
    Counting,
    Growing,
    Inhibited,
    Lazy,
    Listed,
    Named,
    Noisy,
    Normed,
    Number,
    Quiet,
    Recording,
    Reusing,
    Rigid,
    Single,
    Stated,
    Undefined,
)

STEPS = 4


class Net(nn.Module):
    def __init__(self, cell, first):
        super().__init__()
        self.layers = nn.ModuleList([first, cell])

    def forward(self, x, random=None):
        return Record(spikes=[self.layers[1](self.layers[0](x))])


def refuse(cell, first=None):
    numbers = torch.Generator().manual_seed(1)
    one, other = (torch.rand(STEPS, batch, 3, generator=numbers) for batch in (2, 1))
    batches = (Batch(x, torch.zeros(x.shape[1]), random_of(x.shape[1])) for x in (one, other))
    net = Net(cell, first or nn.Identity())
    before = {name: value.clone() for name, value in net.state_dict().items()}
    state = torch.get_rng_state()
    try:
        refuse_carrying(net, *batches)
    finally:
        assert torch.equal(torch.get_rng_state(), state)
        assert before.keys() == net.state_dict().keys()
        assert all(torch.equal(value, before[name]) for name, value in net.state_dict().items())
        assert net.training
        assert cell.v is None


@pytest.mark.parametrize(
    ("cell", "attribute"),
    [
        (Carrying, "v"), (Rigid, "v"), (Quiet, "v"), (Inhibited, "v"), (Buffered, "membrane"),
        (Listed, "past[0]"), (Named, "past['v']"), (Stated, "state.v"), (Reusing, "v"),
        (Number, "something"), (Growing, "something"),
    ],
)  # fmt: skip
def test_what_carries_is_named(cell, attribute):
    with pytest.raises(PluginError) as error:
        refuse(cell())
    assert str(error.value).startswith(
        f"model: layers.1 ({cell.__module__}.{cell.__name__}) keeps {attribute} from one batch to "
    )


def test_of_parts_that_keep_something_the_one_that_carries_is_named():
    with pytest.raises(PluginError, match=r"^model: layers\.1 \(.*Buffered\) keeps membrane from"):
        refuse(Buffered(), Counting())


@pytest.mark.parametrize(
    "cell",
    [Cell, Counting, Beginning, Recording, Undefined, Single, Noisy, Normed, Lazy, Caching],
)
def test_what_only_looks_so_passes(cell):
    try:
        refuse(cell())
        said = ""
    except PluginError as error:
        said = str(error)
    assert said == ""


def test_samples_that_fail_on_their_own_are_not_called_carried():
    class Picky(Cell):
        def forward(self, x):
            if x.shape[1] == 1:
                raise ValueError("one sample is too few")
            return super().forward(x)

    with pytest.raises(ValueError, match="one sample is too few"):
        refuse(Picky())


def test_our_parts_and_those_of_torch_are_not_tried_out():
    assert not is_foreign(nn.Sequential(nn.Linear(2, 2), nn.ReLU()))
    assert is_foreign(nn.Sequential(nn.Linear(2, 2), Cell()))
