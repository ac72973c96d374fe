"""Saved networks and optimisers of the original code: read as data, never run."""

import base64
import io
import pickle
import zipfile

import numpy as np
import pytest
import torch
import yaml

from snnrun.compat.fastanddeep.networks import read_network
from snnrun.compat.fastanddeep.optimizers import read_optimizer
from snnrun.errors import DataError
from snnrun.runs.torch_files import read_file, view
from tests.compat.foreign import save_network, save_optimizer
from tests.compat.originals import FIRST, SECOND, changed

BOTH = pytest.mark.parametrize("zipped", [True, False], ids=["zip", "stream"])


@BOTH
def test_a_network_of_the_first_generation(tmp_path, zipped):
    parameters = save_network(tmp_path / "net.pt", FIRST, 3, zipped)
    layers = read_network(tmp_path / "net.pt")
    assert [layer.kind for layer in layers] == ["biases", "neurons", "biases", "neurons"]
    assert [layer.constants for layer in layers[::2]] == [(0.9, 0.2), (0.4,)]
    assert [layer.trained for layer in layers[1::2]] == [True, True]
    for layer, parameter in zip(layers[1::2], parameters, strict=True):
        np.testing.assert_array_equal(layer.values, parameter.detach())


@BOTH
def test_a_network_of_the_second_generation(tmp_path, zipped):
    parameters = save_network(tmp_path / "net.pt", SECOND, 3, zipped)
    biases, delays, hidden, broadcast, labels = read_network(tmp_path / "net.pt")
    assert (biases.kind, biases.constants) == ("biases", (0.9, 0.3))
    assert (delays.kind, delays.constants) == ("delays", (0.2, 1.5))
    assert (hidden.kind, broadcast.kind, labels.kind) == ("neurons", "idle", "neurons")
    assert hidden.offsets.shape == (7,)
    for layer, parameter in zip((delays, hidden, labels), parameters, strict=True):
        assert layer.trained
        np.testing.assert_array_equal(layer.values, parameter.detach())


@BOTH
def test_frozen_delays_that_are_clipped(tmp_path, zipped):
    delay = {"name": "DelayAxonal", "positivity": {"name": "clip"}, "trainable": False}
    layers = [delay, *SECOND["network_layout"]["layers"][-3:]]
    plain = changed(SECOND, network_layout__layers=layers)
    save_network(tmp_path / "net.pt", plain, 3, zipped)
    delays, hidden = read_network(tmp_path / "net.pt")[:2]
    assert (delays.shape, delays.trained, delays.constants) == ((4, 1), False, ())
    assert hidden.trained


class Bomb:
    """Whoever unpickles it the usual way makes a file."""

    def __init__(self, mark):
        self.mark = mark

    def __reduce__(self):
        return (open, (str(self.mark), "w"))


@BOTH
def test_a_bomb_stays_a_name(tmp_path, zipped):
    """The file names `open`: it is refused by name, and nothing is opened."""
    mark = tmp_path / "mark"
    torch.save({"layers": Bomb(mark)}, tmp_path / "net.pt", _use_new_zipfile_serialization=zipped)
    with pytest.raises(DataError, match=r"net.pt: (_?io|builtins|__builtin__)\.open is not"):
        read_network(tmp_path / "net.pt")
    assert not mark.exists()
    torch.load(tmp_path / "net.pt", weights_only=False)["layers"].close()
    assert mark.exists()  # the bomb is a real one


@pytest.mark.parametrize("protocol", range(6))
def test_a_bomb_of_any_protocol(tmp_path, protocol):
    mark = tmp_path / "mark"
    content = pickle.dumps(Bomb(mark), protocol)
    with zipfile.ZipFile(tmp_path / "net.pt", "w") as archive:
        archive.writestr("net/data.pkl", content)
    with pytest.raises(DataError, match=r"is not expected"):
        read_network(tmp_path / "net.pt")
    assert not mark.exists()


def test_an_expected_name_is_not_called_either(tmp_path):
    """`getattr` stands in their files; what a file asks it for is never looked up."""
    content = b"\x80\x02c__builtin__\ngetattr\nX\x01\x00\x00\x00aX\x05\x00\x00\x00upper\x86R."
    with zipfile.ZipFile(tmp_path / "net.pt", "w") as archive:
        archive.writestr("net/data.pkl", content)
    found = read_file(tmp_path / "net.pt", {"__builtin__.getattr"})
    assert found.arguments == ("a", "upper")
    assert str(found.maker) == "__builtin__.getattr"


@BOTH
def test_damage_is_told(tmp_path, zipped):
    save_network(tmp_path / "net.pt", FIRST, 3, zipped)
    whole = (tmp_path / "net.pt").read_bytes()
    for part in (whole[: len(whole) // 2], whole[:40], b"", b"PK\x03\x04", b"nothing of torch"):
        (tmp_path / "part.pt").write_bytes(part)
        with pytest.raises(DataError, match=r"part\.pt"):
            read_network(tmp_path / "part.pt")


def test_something_else_is_no_network(tmp_path):
    torch.save({"weights": torch.ones(2)}, tmp_path / "net.pt")
    with pytest.raises(DataError, match=r"net\.pt: no network of fastAndDeep"):
        read_network(tmp_path / "net.pt")


def test_a_tensor_stays_inside_its_storage(tmp_path):
    torch.save(torch.arange(6.0), tmp_path / "six.pt")
    storage = read_file(tmp_path / "six.pt", ()).arguments[0]
    assert view(storage, 1, (2, 2), (1, 2)).tolist() == [[1.0, 3.0], [2.0, 4.0]]
    for offset, shape, strides in [(2, (2, 2), (3, 2)), (0, (7,), (1,)), (-1, (2,), (1,)),
                                   (3, (2,), (-1,))]:  # fmt: skip
        with pytest.raises(ValueError, match="beyond its storage"):
            view(storage, offset, shape, strides)


def test_a_stride_that_is_never_taken_may_be_any(tmp_path):
    """It was multiplied by the bytes of a number, which no integer of the machine held."""
    torch.save(torch.arange(6.0), tmp_path / "six.pt")
    storage = read_file(tmp_path / "six.pt", ()).arguments[0]
    assert view(storage, 1, (1, 2), (2**63 - 1, 3)).tolist() == [[1.0, 4.0]]


def test_a_tensor_is_no_larger_than_its_storage(tmp_path):
    """A stride of 0 shows one number a million million times, within the storage."""
    torch.save(torch.arange(6.0), tmp_path / "six.pt")
    storage = read_file(tmp_path / "six.pt", ()).arguments[0]
    with pytest.raises(ValueError, match="beyond its storage"):
        view(storage, 0, (10**6, 10**6), (0, 0))


def test_what_an_optimiser_knows(tmp_path):
    parameters = save_network(tmp_path / "net.pt", SECOND, 3, True)
    known = save_optimizer(tmp_path / "optim.yaml", parameters, 0.001)
    memories = read_optimizer(tmp_path / "optim.yaml")
    assert [memory.rate for memory in memories] == pytest.approx([0.01, 0.011, 0.012])
    for memory, state in zip(memories, known, strict=True):
        assert float(memory.values["step"]) == 3
        for name in ("exp_avg", "exp_avg_sq"):
            np.testing.assert_array_equal(memory.values[name], state[name])


def test_a_bomb_in_yaml(tmp_path):
    mark = tmp_path / "mark"
    text = yaml.dump([{"state": Bomb(mark), "param_groups": []}])
    (tmp_path / "optim.yaml").write_text(text)
    with pytest.raises(DataError, match=r"python/object/apply:(_?io|builtins)\.open.*nothing was"):
        read_optimizer(tmp_path / "optim.yaml")
    assert not mark.exists()


def test_a_well_without_bottom_in_yaml(tmp_path):
    """The C library behind the loader ran out of stack, and the process died."""
    (tmp_path / "optim.yaml").write_text("[" * 200_000)
    with pytest.raises(DataError, match="nested more than 100 deep"):
        read_optimizer(tmp_path / "optim.yaml")


def test_a_bomb_inside_a_tensor_in_yaml(tmp_path):
    mark, stream = tmp_path / "mark", io.BytesIO()
    torch.save(Bomb(mark), stream, _use_new_zipfile_serialization=False)
    raw = base64.b64encode(stream.getvalue()).decode()
    text = f'- !!python/object/apply:torch.storage._load_from_bytes [!!binary "{raw}"]'
    (tmp_path / "optim.yaml").write_text(text)
    with pytest.raises(DataError, match=r"\.open is not expected there"):
        read_optimizer(tmp_path / "optim.yaml")
    assert not mark.exists()


def test_the_originals(originals):
    folder = originals / "fastanddeep"
    old = read_network(folder / "yinyang_et_300epochs" / "yin_yang_network.pt")
    new = read_network(folder / "yin_yang_H30_WA" / "epoch_300" / "yin_yang_network.pt")
    assert [layer.shape for layer in old] == [(), (5, 120), (), (121, 3)]
    assert [layer.shape for layer in new] == [(4, 1), (4, 30), (30, 1), (30, 3)]
    assert [layer.constants for layer in new] == [(0.0, 1.0), (), (0.0, 1.0), ()]
    assert old[1].values.max() == pytest.approx(5.664605340895771, rel=1e-15)
    assert new[3].values.max() == pytest.approx(12.409933482777856, rel=1e-15)
