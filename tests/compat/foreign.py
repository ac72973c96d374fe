"""Result folders as the original code writes them, without its code.

Its classes are stood in for by empty ones that live in modules of the right names while a file is
written; the reader under test never sees them.
"""

import sys
import types
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import torch
import yaml
from torch import nn

NAMES = {
    "training": ["Net"],
    "networks": ["Net"],
    "utils": ["EqualtimeLayer", "NeuronLayer", "DelayLayer", "BroadcastLayer", "BiasesLayer",
              "MultiplexLayer"],
}  # fmt: skip


def clip_negatives(values):
    return values


@contextmanager
def their_modules() -> Iterator[types.SimpleNamespace]:
    """Modules of the original's names, full of empty classes."""
    known = {name: sys.modules.get(name) for name in NAMES}
    found = {}
    for name, classes in NAMES.items():
        module = found[name] = types.ModuleType(name)
        for each in classes:
            members = {"__module__": name, "scaled_shift_sigmoid": lambda self, raw: raw}
            setattr(module, each, type(each, (nn.Module,), members))
    clip = types.FunctionType(clip_negatives.__code__, {}, "clip_negatives")
    clip.__module__ = "utils"
    found["utils"].clip_negatives = clip
    sys.modules.update(found)
    try:
        yield types.SimpleNamespace(**found)
    finally:
        for name, module in known.items():
            sys.modules.pop(name)
            if module is not None:
                sys.modules[name] = module


def first_network(modules, plain: dict, seed: int) -> nn.Module:
    """A network of the first generation: bias times beside the layers."""
    layout, net = plain["network_layout"], modules.training.Net()
    sizes = [layout["n_inputs"], *layout["layer_sizes"]]
    net.biases = [torch.tensor(times, dtype=torch.float64) for times in layout["bias_times"]]
    net.layers = nn.ModuleList()
    random = torch.Generator().manual_seed(seed)
    for inputs, size, count in zip(sizes, sizes[1:], layout["n_biases"], strict=False):
        layer = modules.utils.EqualtimeLayer()
        layer.weights = nn.Parameter(drawn(random, inputs + count, size))
        layer.device, layer.sim_params = torch.device("cpu"), {"steps": 3, "note": None}
        net.layers.append(layer)
    return net


def second_network(modules, plain: dict, seed: int) -> nn.Module:
    """A network of the second generation: a list of layers."""
    net, utils = modules.networks.Net(), modules.utils
    net.layers = nn.ModuleList()
    random = torch.Generator().manual_seed(seed)
    inputs, listed = plain["network_layout"]["n_inputs"], plain["network_layout"]["layers"]
    for place, each in enumerate(listed):
        size = next(later["size"] for later in listed[place:] if "size" in later)
        if each["name"] == "Biases":
            layer = utils.BiasesLayer()
            layer._times = torch.tensor(each["times"], dtype=torch.float64)
            inputs += len(each["times"])
        elif each["name"] == "Multiplex":
            layer, inputs = utils.MultiplexLayer(), inputs * each["factor"]
        elif each["name"] == "BroadcastLayer":
            layer = utils.BroadcastLayer()
        elif each["name"] == "NeuronLayer":
            layer = utils.NeuronLayer()
            trained(layer, "weights", drawn(random, inputs, size), each)
            offsets = drawn(random, size)
            layer.neuron_params = {"leak": 0.0, "threshold_noise_fp": offsets}
            inputs = size
        else:
            layer = delay_layer(utils, each, drawn(random, inputs, 1))
        if each.get("monitor"):
            layer.monitor = True
        net.layers.append(layer)
    return net


def drawn(random: torch.Generator, *shape: int) -> torch.Tensor:
    """Weights that let neurons spike."""
    return torch.randn(shape, generator=random, dtype=torch.float64) * 0.6 + 0.9


def trained(layer: nn.Module, name: str, values: torch.Tensor, plain: dict) -> None:
    """Give a layer its parameter; one that is not trained is a tensor."""
    setattr(layer, name, nn.Parameter(values) if plain.get("trainable", True) else values)


def delay_layer(utils, plain: dict, values: torch.Tensor) -> nn.Module:
    layer, kept = utils.DelayLayer(), plain["positivity"]
    trained(layer, "_delay_parameters", values, plain)
    if kept["name"] == "sigmoid":
        layer._fn_on_delay, layer._fn_on_rectify = layer.scaled_shift_sigmoid, None
        layer.sigmoid_shift, layer.sigmoid_scale = kept["shift"], kept["scale"]
    else:
        layer._fn_on_delay, layer._fn_on_rectify = None, utils.clip_negatives
    return layer


def save_network(path: Path, plain: dict, seed: int, zipped: bool) -> list[torch.Tensor]:
    """Write a network and return its parameters, in the order of its layers."""
    with their_modules() as modules, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # torch looks for the source of the classes
        make = second_network if "dataset_params" in plain else first_network
        net = make(modules, plain, seed)
        torch.save(net, path, _use_new_zipfile_serialization=zipped)
        return list(net.parameters())


def save_optimizer(
    path: Path, parameters: list[torch.Tensor], apart: float = 0.0, steps: int = 3
) -> list[dict]:
    """Write the state of Adam, with rates ``apart``; return what it knows of each parameter."""
    groups = [{"params": [p.detach().clone().requires_grad_()], "lr": 0.01 + apart * i}
              for i, p in enumerate(parameters)]  # fmt: skip
    adam = torch.optim.Adam([*groups, {"params": []}])
    schedule = torch.optim.lr_scheduler.MultiStepLR(adam, [1, 4], 0.5)
    for step in range(steps):
        for group in groups:
            group["params"][0].grad = torch.full_like(group["params"][0], 0.1 + step)
        adam.step()
    path.write_text(yaml.dump([adam.state_dict(), schedule.state_dict()]))
    return list(adam.state_dict()["state"].values())


def save_curves(folder: Path, epochs: int, batches: int = 1) -> None:
    """Write losses and accuracies that tell their epoch, one of them nan, and bumped batches."""
    train = np.linspace(2.0, 1.0, epochs)
    train[0] = np.nan
    np.save(folder / "yin_yang_train_losses.npy", train)
    np.save(folder / "yin_yang_train_accuracies.npy", np.linspace(0.3, 0.8, epochs))
    np.save(folder / "yin_yang_val_losses.npy", np.linspace(2.1, 0.9, epochs + 1))
    np.save(folder / "yin_yang_val_accuracies.npy", np.linspace(0.25, 0.85, epochs + 1))
    np.save(folder / "yin_yang_train_labels.npy", np.zeros(5000, np.int64))
    np.save(folder / "yin_yang_weight_bumping_steps.npy", np.full(epochs * batches, -2))


def save_history(folder: Path, plain: dict, epochs: int) -> dict:
    """Write what is kept of every epoch of the small configs, and return it by our names."""
    random = np.random.default_rng(epochs)

    def draw(*shape: int) -> np.ndarray:
        return random.normal(size=(epochs + 1, *shape))

    mean, std = draw(3, 3), draw(3, 3) ** 2
    mean[1, 2, 0] = std[1, 2, 0] = np.nan
    for name, values in (("mean", mean), ("std", std)):
        np.save(folder / f"yin_yang_{name}_val_outputs_sorted.npy", np.moveaxis(values, 1, 0))
    found = {"label_times/mean": mean, "label_times/std": std}
    if "dataset_params" not in plain:
        found["layers.1.weights"] = draw(8, 3)
        np.save(folder / "yin_yang_label_weights_training.npy", found["layers.1.weights"])
        return found
    delays, weights = draw(6, 1) ** 2, np.asfortranarray(draw(6, 7))
    content = {0: {"name": "DelayLayer", "params": delays},
               1: {"name": "NeuronLayer", "params": weights}}  # fmt: skip
    np.save(folder / "yin_yang_parameters_training.npy", np.array(content, dtype=object))
    return {**found, "layers.0.before.1": delays, "layers.0.weights": weights}


def rates_apart(plain: dict) -> float:
    """Return how far learning rates differ: the second generation has one for each layer."""
    return 0.001 if "dataset_params" in plain else 0.0


def save_run(root: Path, plain: dict, zipped: bool, epochs: tuple[int, ...] = (2, 6)) -> dict:
    """Write a whole result folder; return epoch -> parameters, and -epoch -> what Adam knew."""
    root.mkdir()
    (root / "config.yaml").write_text(yaml.safe_dump(plain))
    found = {0: save_network(root / "yin_yang_untrained_network.pt", plain, 0, zipped)}
    for epoch in epochs:
        folder = root / f"epoch_{epoch}"
        folder.mkdir()
        (folder / "config.yaml").write_text(yaml.safe_dump(plain))
        found[epoch] = save_network(folder / "yin_yang_network.pt", plain, epoch, zipped)
        path, apart = folder / "yin_yang_optim_state.yaml", rates_apart(plain)
        found[-epoch] = save_optimizer(path, found[epoch], apart)
        save_curves(folder, epoch, batches=167)
    return found
