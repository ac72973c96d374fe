"""Whatever setting of a network is another: it goes to the other program and back, or is named."""

import shutil

import pytest
import torch

from snnrun.api import load
from snnrun.compat import export_run
from snnrun.compat.fastanddeep import configs as fastanddeep
from snnrun.compat.nir.importing import import_file
from snnrun.compat.pytorch_sbs import configs as pytorch_sbs
from snnrun.errors import ConfigError, DataError
from snnrun.experiment import Experiment, load_config
from tests.compat import sbs_originals
from tests.compat.originals import FIRST, SECOND
from tests.compat.sbs_originals import EVERYTHING as SBS_EVERYTHING
from tests.compat.test_exports import ALL_ON, saved
from tests.compat.test_fastanddeep_exports import EVERYTHING
from tests.compat.test_nir_runs import CONFIG
from tests.compat.variants import answers, same_answers, variants


def there_and_back(experiment, part, back):
    """Count the settings that come back and those that are refused by name; there are no others."""
    carried, refused, wrong = [], [], []
    for name, other in variants(experiment, part):
        try:
            returned = back(other)
        except (ConfigError, DataError) as error:
            (refused if names(error, name) else wrong).append((name, str(error)))
            continue
        if same_answers(other, returned):
            carried.append(other)
        else:
            wrong.append(name)
    assert wrong == []
    assert part != "model" or not all(same_answers(experiment, other) for other in carried[::5])
    return len(carried), len(refused)


def names(error: Exception, setting: str) -> bool:
    """Whether an error names a setting, or what it is a part of."""
    words = setting.partition("=")[0].split(".")
    return any(word in str(error) for word in words if not word.isdigit())


def test_a_setting_that_is_lost_is_seen():
    experiment = Experiment.model_validate(fastanddeep.translate(FIRST).config)
    with pytest.raises(AssertionError, match=r"model\.tau_mem"):
        there_and_back(experiment, "model", lambda other: experiment)


@pytest.mark.parametrize("part", ["model", "encoder"])
@pytest.mark.parametrize(
    "plain", [FIRST, SECOND, EVERYTHING, ALL_ON], ids=["first", "second", "everything", "noise"]
)
def test_fastanddeep(plain, part):
    experiment = Experiment.model_validate(fastanddeep.translate(plain).config)

    def back(other):
        return Experiment.model_validate(
            fastanddeep.translate(fastanddeep.their_config(other)).config
        )

    carried, refused = there_and_back(experiment, part, back)
    assert carried + refused >= (50 if part == "model" else 4)
    assert carried > 0


@pytest.mark.parametrize("part", ["model", "encoder"])
@pytest.mark.parametrize(
    "plain",
    [
        pytest.param(sbs_originals.FIRST, id="2022"),
        pytest.param(sbs_originals.SECOND, id="2023"),
        pytest.param(SBS_EVERYTHING, id="everything", marks=pytest.mark.slow),
    ],
)
def test_pytorch_sbs(tmp_path, monkeypatch, plain, part):
    monkeypatch.chdir(tmp_path)
    sbs_originals.save_patterns(tmp_path / "theirs" / "DATA")
    sbs_originals.save_config(tmp_path / "theirs", plain)
    experiment = load_config(tmp_path / "theirs")

    def back(other):
        whole = pytorch_sbs.their_config(other, 12).whole
        found = pytorch_sbs.translate({**whole, "data_path": "./DATA/"}, folder=tmp_path / "theirs")
        return Experiment.model_validate(found.config)

    carried, refused = there_and_back(experiment, part, back)
    assert carried + refused >= (50 if part == "model" else 1)


LIF = """
seed: 3
data: {name: digits}
encoder: {name: rate, steps: 4}
model: {name: lif, layers: [{size: 9, recurrent: true}, {size: 7}]}
learning: {name: surrogate}
train: {epochs: 1, batch_size: 50, live_plot: false, tensorboard: false}
"""


@pytest.mark.slow
@pytest.mark.parametrize("text", [CONFIG, LIF], ids=["feedforward", "lif"])
def test_nir(tmp_path, text):
    (tmp_path / "config.yaml").write_text(text)
    experiment = load_config(tmp_path / "config.yaml")
    shown = answers(load(saved(experiment, tmp_path / "runs")[0]), experiment)
    carried, refused, wrong, moved = [], [], [], 0
    for name, other in variants(experiment, "model"):
        run, _ = saved(other, tmp_path / "runs")
        try:
            (file,) = export_run(run, "nir", tmp_path / "net.nir")
            back = import_file(file, results=tmp_path / "back")
        except (ConfigError, DataError) as error:
            (refused if names(error, name) else wrong).append((name, str(error)))
            continue
        first, second = (answers(load(each), each.experiment()) for each in (run, back))
        close = torch.allclose(first, second, rtol=1e-4, atol=1e-5)
        (carried if close else wrong).append(name)
        moved += not torch.equal(first, shown)
        shutil.rmtree(tmp_path / "runs")
        shutil.rmtree(tmp_path / "back")
    assert wrong == []
    assert len(carried) > 50
    assert len(refused) > 5
    assert moved > 20
