"""Networks as .nir files, and back, without run folders."""

import gzip

import numpy as np
import torch

from snnrun.compat.nir.chain import chain, input_shape
from snnrun.compat.nir.constants import WRITERS
from snnrun.compat.nir.files import read
from snnrun.compat.nir.network import network_of
from snnrun.compat.nir.package import nir
from snnrun.compat.nir.writing import feedforward
from snnrun.compat.nir.writing_lif import lif
from snnrun.models import MODELS
from tests.golden import FOLDER, golden


def model_of(name, shape, classes, seed=3, dtype=torch.float32, **chosen):
    """A network of ours in evaluation mode; norms have seen something."""
    settings = MODELS[name].settings(**chosen)
    generator = torch.Generator().manual_seed(seed)
    build = MODELS.entry_of(settings).load()
    model = build(settings, settings.input_shape(shape), classes, generator).to(dtype).eval()
    for key, buffer in model.named_buffers():
        drawn = torch.rand(buffer.shape, generator=generator, dtype=buffer.dtype)
        buffer.copy_(drawn + (0.5 if key.endswith("var") else -0.5))
    return model


def write(model, shape, path):
    """The notes of a .nir file that is written of a network."""
    writing = lif if model.settings.__class__.__name__ == "LifSettings" else feedforward
    with torch.no_grad():
        graph, notes = writing(model, model.settings.input_shape(shape), {})
    nir().write(path, graph)
    return notes


def network_in(path, writer="nir", kind=np.float32):
    """The network of a file, as configs write it."""
    given, links = chain(read(path))
    return network_of(links, input_shape(given, links), WRITERS[writer], kind)


def model_in(path, shape, classes, writer="nir", kind=np.float32, **changes):
    """The network of a file."""
    network = network_in(path, writer, kind)
    plain = dict(network.model)
    if changes:
        plain["neuron"] = plain["neuron"] | changes
    name = plain.pop("name")
    settings = MODELS[name].settings(**plain)
    build = MODELS.entry_of(settings).load()
    model = build(settings, settings.input_shape(shape), classes, torch.Generator())
    tensors = {key: torch.from_numpy(np.array(each)) for key, each in network.tensors.items()}
    dtype = torch.float32 if kind is np.float32 else torch.float64
    model = model.to(dtype).eval()
    model.load_state_dict(tensors)
    return model


def outputs(model, x):
    """What a network makes of ``x [time, batch, ...]``; vectors become images of one pixel."""
    images = model.settings.__class__.__name__ != "LifSettings" and x.dim() == 3
    with torch.no_grad():
        return model(x[..., None, None] if images else x).outputs


def unpacked(name, folder):
    """A file of another library, and what that computed: path, x, y."""
    path = folder / f"{name}.nir"
    path.write_bytes(gzip.decompress((FOLDER / "nir" / f"{name}.nir.gz").read_bytes()))
    arrays = golden(f"nir/{name}")
    return path, torch.from_numpy(arrays["x"]), arrays["y"]
