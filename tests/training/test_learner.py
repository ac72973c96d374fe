"""The learner: one owner of all state, in training or in evaluation, on some device."""

import re
from pathlib import Path

import numpy as np
import pytest
import torch
from torch._subclasses.fake_tensor import FakeTensorMode

import snnrun
from snnrun.core.position import Position
from snnrun.core.random import Random
from snnrun.core.world import ProcessLost, World
from snnrun.data.augmentations import Shift, ShiftSettings
from snnrun.data.loader import Use
from snnrun.errors import ConfigError, DataError, Interrupted
from snnrun.evaluation.evaluate import evaluate_run
from snnrun.evaluation.sharing import share
from snnrun.experiment import load_config
from snnrun.kernels import cuda
from snnrun.kernels.first_spike import tensors as first_spike_tensors
from snnrun.learning.outcome import predictions
from snnrun.runs import checkpoint
from snnrun.runs.checkpoint import Checkpoint
from snnrun.runs.folder import RunDir
from snnrun.training.learner import build_learner, choose_device, load_data
from snnrun.training.loop import Training
from tests import tiny
from tests.training import plugged

CONFIGS = Path(__file__).parent.parent.parent / "configs"
EVERYTHING = """
extends: tiny.yaml
model:
  layers:
    - size: 14
      before: [{name: multiplex, factor: 2}, {name: biases, times: [0.9]},
               {name: delay, kind: synaptic, jitter: 0.1}]
      weights: {mean: 1.0, std: 0.8}
      jitter: 0.1
      threshold_noise: {per_spike: 0.1, per_batch: 0.1}
    - {size: 3, bias_times: [0.9], weights: {mean: 0.3, std: 0.5}}
"""


# ---- one owner of all state ----


RULES_OF = {
    "first_spike": "first_spike_yin_yang", "random_feedback": "random_feedback_digits",
    "eligibility": "eligibility_digits", "sbs": "sbs_digits",
}  # fmt: skip


@pytest.mark.parametrize("rule", RULES_OF)
def test_each_tensor_is_in_the_state_once(rule):
    """Of a network that had a rule with matrices of its own, these were saved nowhere."""
    learner = build_learner(load_config(CONFIGS / f"{RULES_OF[rule]}.yaml"))
    state = learner.state_dict()
    assert {name.partition(".")[0] for name in state} <= {"model", "rule", "encoder"}
    assert len({tensor.data_ptr() for tensor in state.values()}) == len(state)
    own = {f"model.{name}" for name in learner.model.state_dict()}
    assert own == {name for name in state if name.startswith("model.")}
    assert learner.rule.model is learner.model
    assert any(name.startswith("rule.") for name in state)


@pytest.mark.parametrize(
    ("rule", "told"),
    [("Owning", "Owning holds norm.weight of the model as its own layer.weight"),
     ("Keeping", "Keeping holds weights of the model as its own seen")],
)  # fmt: skip
def test_a_rule_that_takes_a_part_of_the_model_in_is_refused_by_name(monkeypatch, rule, told):
    """Its tensors would be saved, and averaged over processes, twice."""
    plugged.plug(monkeypatch, rule)
    with pytest.raises(TypeError, match=f"{told}; refer to it through self.model"):
        build_learner(plugged.experiment())


def test_a_learner_that_is_loaded_evaluates(monkeypatch, tmp_path):
    """Batch norm learned from whatever the network was shown: six buffers had changed."""
    plugged.plug(monkeypatch)
    run = snnrun.train(plugged.experiment(), results=tmp_path)
    learner = snnrun.load(run)
    assert not any(module.training for module in learner.modules())
    assert not any(parameter.requires_grad for parameter in learner.parameters())
    before = {name: tensor.clone() for name, tensor in learner.state_dict().items()}
    shown = torch.rand(9, 4)
    one, other = (learner(shown).times[-1] for _ in range(2))
    assert torch.equal(one, other)
    assert all(torch.equal(before[name], each) for name, each in learner.state_dict().items())
    learner.train()
    learner(shown)
    changed = {name for name, each in learner.state_dict().items() if not each.equal(before[name])}
    assert changed == {
        f"model.norm.{name}" for name in ("running_mean", "running_var", "num_batches_tracked")
    }


def test_gradients_of_a_loaded_learner(monkeypatch, tmp_path):
    """Of its input at once, of its parameters when asked for; what was frozen stays frozen."""
    plugged.plug(monkeypatch)
    learner = snnrun.load(snnrun.train(plugged.experiment(), results=tmp_path))
    values = torch.rand(9, 4, requires_grad=True)
    learner(values).times[-1].square().sum().backward()
    assert values.grad.abs().sum() > 0
    assert all(parameter.grad is None for parameter in learner.parameters())
    assert learner.requires_grad_() is learner
    learning = {name for name, each in learner.named_parameters() if each.requires_grad}
    assert learning == {"model.norm.weight", "model.norm.bias", "model.weights"}
    learner(values).times[-1].square().sum().backward()
    assert learner.model.weights.grad.abs().sum() > 0
    assert learner.model.fixed.grad is None
    learner.requires_grad_(False)
    assert not any(parameter.requires_grad for parameter in learner.parameters())


def evaluate_and_fail(learner):
    with learner.evaluating():
        assert not any(module.training for module in learner.modules())
        assert not learner(torch.rand(9, 4)).times[-1].requires_grad
        raise KeyError


@pytest.mark.parametrize("training", [True, False])
def test_evaluating_ends_as_it_began(monkeypatch, training):
    plugged.plug(monkeypatch)
    learner = build_learner(plugged.experiment()).train(training)
    with pytest.raises(KeyError):
        evaluate_and_fail(learner)
    assert all(module.training == training for module in learner.modules())
    assert learner(torch.rand(9, 4)).times[-1].requires_grad


def test_the_best_epoch_is_tested_with_the_state_of_its_rule(monkeypatch, tmp_path):
    """Training logged the accuracy 0.0 for its best epoch, inference of that epoch gave 1.0."""
    plugged.plug(monkeypatch)
    run = snnrun.train(plugged.experiment(), results=tmp_path)
    assert run.curve("validation", "accuracy") == ([0, 1, 2, 3], [0.0, 1.0, 0.0, 0.0])
    assert run.curve("test", "accuracy") == ([3, 1], [0.0, 1.0])
    assert [snnrun.inference(run, epoch).accuracy for epoch in (1, 3)] == [1.0, 0.0]
    assert [snnrun.load(run, epoch).rule.updates.item() for epoch in (1, 3)] == [5, 15]
    copy = share(run, tmp_path / "small", 1)
    assert snnrun.inference(copy).accuracy == 1.0


def test_the_learner_of_the_last_epoch_is_back_after_the_best_was_tested(monkeypatch, tmp_path):
    plugged.plug(monkeypatch)
    training, run = Training(plugged.experiment()), RunDir.create(tmp_path, "run")
    run.write_experiment(training.experiment)
    training.start(run)
    saved = checkpoint.open_epoch(run.checkpoints)
    assert saved.at == Position(3)
    for name, tensor in training.learner.state_dict().items():
        assert torch.equal(tensor, saved.tensors[name]), name
    assert training.learner.training


def test_a_process_lost_while_the_best_is_fetched_changes_no_checkpoint(monkeypatch, tmp_path):
    """The last epoch was saved again, with the weights of the best one."""

    class Losing(World):
        def copy_from_first(self, tensors):
            raise ProcessLost("process 1 is gone")

    plugged.plug(monkeypatch)
    whole = snnrun.train(plugged.experiment(), results=tmp_path)
    training = Training(plugged.experiment(), world=Losing())
    run = RunDir.create(tmp_path, "lost")
    run.write_experiment(training.experiment)
    with pytest.raises(Interrupted, match="process 1 is gone"):
        training.start(run)
    wanted, found = (checkpoint.open_epoch(each.checkpoints) for each in (whole, run))
    assert found.at == wanted.at == Position(3)
    for name, tensor in wanted.tensors.items():
        assert torch.equal(found.tensors[name], tensor), name


@pytest.mark.parametrize("kind", ["direct", "layerwise", "sign_concordant"])
def test_feedback_of_another_shape_is_refused(tmp_path, kind):
    config = load_config(
        CONFIGS / "random_feedback_digits.yaml", [f"learning.feedback.kind={kind}"]
    )
    learner = build_learner(config)
    tensors = learner.state_dict()
    shape = list(tensors["rule.feedback.matrix_0"].shape)
    tensors["rule.feedback.matrix_0"] = torch.ones(4, 9)
    saved = Checkpoint(tmp_path, Position(1), tensors, {}, None)
    before = {name: tensor.clone() for name, tensor in learner.state_dict().items()}
    message = rf"rule\.feedback\.matrix_0 is \[4, 9\] in the checkpoint and {re.escape(str(shape))}"
    with pytest.raises(DataError, match=message):
        learner.take(saved, lambda: [])
    assert all(torch.equal(before[name], each) for name, each in learner.state_dict().items())


# ---- where it computes ----


@pytest.fixture
def machine(monkeypatch):
    """A function that says what this machine has."""

    def has(device, kernels):
        monkeypatch.setattr(torch.cuda, "is_available", lambda: device)
        monkeypatch.setattr(cuda, "installed", lambda: object() if kernels else None)

    return has


def test_cuda_without_a_device_is_refused(tmp_path, machine):
    machine(device=False, kernels=True)
    with pytest.raises(ConfigError, match="device: cuda, but torch finds no CUDA device") as error:
        choose_device(tiny.experiment(tmp_path), "cuda")
    assert len(error.value.problems) == 1


@pytest.mark.parametrize(
    ("device", "kernels", "chosen"),
    [(True, True, "cuda"), (True, False, "cpu"), (False, True, "cpu")],
)
def test_auto_takes_a_device_that_has_kernels(tmp_path, machine, device, kernels, chosen):
    machine(device, kernels)
    assert choose_device(tiny.experiment(tmp_path), "auto").type == chosen
    assert choose_device(tiny.experiment(tmp_path), "cpu").type == "cpu"


def test_a_model_for_the_cpu_refuses_other_devices(machine):
    config = CONFIGS / "sbs_digits.yaml"
    with pytest.raises(ConfigError, match=r"train\.device.* runs on cpu only; on cuda runs: first"):
        load_config(config, ["train.device=cuda"])
    machine(device=True, kernels=True)
    assert choose_device(load_config(config), "auto").type == "cpu"


def test_a_run_of_a_device_is_evaluated_without_one(tmp_path, machine):
    config = tiny.experiment(tmp_path, "train.epochs=1", "train.savepoints=[]")
    run = snnrun.train(config, results=tmp_path)
    before = evaluate_run(run, into=tmp_path / "before")
    run.config.write_text(run.config.read_text().replace("device: auto", "device: cuda"))
    assert "device: cuda" in run.config.read_text()
    machine(device=False, kernels=False)
    assert evaluate_run(run, into=tmp_path / "after").loss == before.loss
    assert snnrun.load(run).device.type == "cpu"


@pytest.mark.parametrize("loss", ["ttfs", "mse", "time_invariant_mse"])
@pytest.mark.parametrize("rounded", ["null", "0.1"])
def test_every_tensor_of_a_step_is_on_the_device(tmp_path, monkeypatch, loss, rounded):
    """On torch's meta device, whose tensors hold no numbers and do not mix with others."""
    monkeypatch.setattr(first_spike_tensors, "forward", spikes_of_meta)
    monkeypatch.setattr(first_spike_tensors, "plan_of_times", lambda *_: None)
    monkeypatch.setattr(first_spike_tensors, "backward", gradients_of_meta)
    experiment, network = everything(
        tmp_path, f"learning.loss={{name: {loss}}}", f"{PRECISION}={rounded}"
    )
    network.to(torch.device("meta"))
    learning = Use("train", learning=True)
    loader = network.loader(load_data(experiment).train, experiment, learning, 5)
    batch = next(loader.epoch(0))
    assert batch.inputs.is_meta
    record = network.model(batch.inputs, batch.random, max_dw_norm=0.2)
    network.rule.loss(record.times[-1], batch.targets).backward()
    network.rule.constrain()
    assert predictions(network.rule.scores(record)).eq(batch.targets).is_meta
    assert all(p.grad.is_meta for p in network.model.parameters())


PRECISION = "model.weight_precision"


def everything(folder, *changes):
    tiny.write_config(folder)
    (folder / "everything.yaml").write_text(EVERYTHING)
    experiment = load_config(folder / "everything.yaml", changes)
    return experiment, build_learner(experiment)


def spikes_of_meta(arrivals, weights, constants):
    level = torch.as_tensor(constants.level if constants.noise is None else constants.noise)
    per_neuron = arrivals.sum(1) if arrivals.dim() == 3 else arrivals.sum(1, keepdim=True)
    return per_neuron + weights.sum(0) + level, None


def gradients_of_meta(values, *_):
    return tuple(torch.empty_like(x) for x in values[:2])


def test_images_are_shifted_where_they_are():
    random = Random(7, "train", 0, 0, np.arange(5))
    with FakeTensorMode():  # which, unlike meta, refuses to gather across devices
        moved = Shift(ShiftSettings(pixels=1))(torch.empty(5, 1, 6, 7, device="cuda"), random)
        assert moved.is_cuda
