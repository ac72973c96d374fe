"""What trained networks take samples for: to the bit as in an evaluation, in whatever form."""

from io import BytesIO, TextIOWrapper
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from sklearn.datasets import load_digits

import snnrun
from snnrun.data.sets.digits import deal
from snnrun.errors import ConfigError, DataError, GivenWarning
from snnrun.evaluation.evaluate import evaluate_run
from snnrun.experiment import load_config
from snnrun.predicting import predict
from tests import tiny

CONFIGS = Path(__file__).parent.parent / "configs"
FEEDFORWARD = """
data: {name: digits}
encoder: {name: poisson, steps: 8}
model:
  name: feedforward
  layers:
    - {name: conv, channels: 3, kernel: 3}
    - {name: batch_norm}
    - {name: lif}
    - {name: flatten}
    - {name: linear, size: 16}
    - {name: lif}
learning: {name: surrogate}
train:
  epochs: 2
  batch_size: 50
  eval_batch_size: 70
  optimizer: {name: adam, lr: 0.01}
  tensorboard: false
  live_plot: false
"""
FEW = ["train.epochs=1", "train.tensorboard=false", "train.live_plot=false"]
#: Of each family a config of the digits and what makes it small; some draw noise, some spikes.
FAMILIES = {
    "first_spike": [
        "first_spike_digits.yaml", "train.savepoints=[]", "train.eval_batch_size=70",
        "encoder.noise={mean: 0, std: 0.1}",
    ],
    "sbs": ["sbs_digits.yaml", "model.spikes=20", "train.eval_batch_size=70"],
    "lif": ["eligibility_digits.yaml", "encoder={name: poisson, steps: 12}"],
    "graph": ["diehl_cook_digits.yaml", "encoder.steps=80", "learning.label_samples=300"],
}  # fmt: skip


@pytest.fixture(scope="module")
def raw():
    """The test images of the digits as scikit-learn has them, [300, 8, 8], 0 to 16."""
    pixels, labels = load_digits(return_X_y=True)
    return pixels[deal(labels, 0) == 0].astype(np.uint8).reshape(-1, 8, 8)


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    """A trained run of a family, made once."""
    made = {}

    def run(family):
        if family not in made:
            folder = tmp_path_factory.mktemp(family)
            if family == "feedforward":
                made[family] = snnrun.train(tiny.write_config(folder, FEEDFORWARD), results=folder)
            else:
                file, *overrides = FAMILIES[family]
                config = load_config(CONFIGS / file, [*FEW, *overrides])
                made[family] = snnrun.train(config, results=folder)
        return made[family]

    return run


@pytest.mark.parametrize("family", [*FAMILIES, "feedforward"])
def test_test_images_get_the_answers_that_inference_gives(runs, raw, family):
    run = runs(family)
    told = evaluate_run(run, None, "test", ("answers",)).of("answers")
    found = predict(run, raw)
    assert np.array_equal(found.labels, told["predictions"])
    assert np.array_equal(found.scores, told["scores"])
    assert found.scores.dtype == told["scores"].dtype
    assert len({*found.labels.tolist()}) > 1


@pytest.mark.parametrize("family", ["first_spike", "sbs"])
def test_the_same_samples_in_other_files_get_the_same_answers(runs, raw, family, tmp_path):
    whole = predict(runs(family), raw[:6])
    np.save(tmp_path / "one.npy", raw[0])
    np.savez(tmp_path / "more.npz", x=raw[1:3, None], y=np.zeros(2))
    np.savetxt(tmp_path / "rows.csv", raw[3:5].reshape(2, -1), fmt="%d", delimiter=",")
    np.save(tmp_path / "floats.npy", (raw[5] / 16).reshape(1, 64))
    names = ["one.npy", "more.npz/x", "rows.csv", "floats.npy"]
    parts = predict(runs(family), [str(tmp_path / name) for name in names])
    assert np.array_equal(whole.scores, parts.scores)
    assert [Path(name).name for name in parts.files] == [
        "one.npy", "x", "x", "rows.csv", "rows.csv", "floats.npy",
    ]  # fmt: skip
    assert parts.index.tolist() == [0, 0, 1, 0, 1, 0]


def test_a_saved_epoch_can_be_asked(tmp_path):
    run = snnrun.train(tiny.experiment(tmp_path), results=tmp_path)
    points = [[0.3, 0.7], [0.9, 0.5]]
    first, last = predict(run, points, 2), predict(run, points)
    assert (first.epoch, last.epoch) == (2, 4)
    assert not np.array_equal(first.scores, last.scores)


def test_labels_names_scores_and_times_agree(runs, raw):
    found = predict(runs("first_spike"), torch.from_numpy(raw[:50]))
    assert len(found) == 50
    assert found.names == [str(label) for label in found.labels]
    assert found.times is not None
    assert found.time is not None
    answered = found.labels >= 0
    assert np.array_equal(found.time[answered], found.times.min(1)[answered])
    assert np.array_equal(found.score[answered], -found.time[answered])
    ordered = np.sort(found.scores[answered])
    assert np.array_equal(found.margin[answered], ordered[:, -1] - ordered[:, -2])
    assert found.score_words in ("minus the time of the label spike, tau_syn",)
    assert repr(found).startswith("<50 predictions of epoch 1: ")


@pytest.mark.filterwarnings("ignore::snnrun.errors.ActivityWarning")
def test_a_sample_that_no_neuron_answers_has_no_class(tmp_path):
    text = tiny.CONFIG.replace("bias_times: [0.9], weights: {mean: 0.3", "weights: {mean: -9.0")
    overrides = ["train.epochs=1", "train.savepoints=[]", "learning.bump=null"]
    run = snnrun.train(tiny.write_config(tmp_path, text), overrides, results=tmp_path)
    found = predict(run, [0.3, 0.7, 0.7, 0.3])
    assert found.labels.tolist() == [-1]
    assert (found.names, found.time.tolist()) == ([""], [np.inf])
    assert np.isnan(found.margin).all()
    assert found.csv_text().splitlines()[1] == "samples,0,,-inf,,inf"
    assert '"score": null' in found.json_text()
    assert repr(found) == "<1 predictions of epoch 1: 1 without an answer>"


def test_points_of_yin_yang_are_given_with_or_without_their_mirror(tmp_path):
    run = snnrun.train(tiny.experiment(tmp_path, "train.epochs=1", "train.savepoints=[]"),
                       results=tmp_path)  # fmt: skip
    two = predict(run, [[0.3, 0.75]])
    four = predict(run, [0.3, 0.75, 1 - 0.3, 0.25])
    assert np.array_equal(two.scores, four.scores)


def test_rows_of_a_table_are_scaled_as_those_that_trained(tmp_path):
    random = np.random.default_rng(3)
    values = random.normal(size=(60, 3)) * [1, 10, 100]
    labels = np.where(values[:, 0] > 0, "up", "down")
    lines = [",".join(map(repr, row.tolist())) for row in values]
    table = tmp_path / "table.csv"
    rows = [f"{line},{label}\n" for line, label in zip(lines, labels, strict=True)]
    table.write_text("".join(["a,b,c,way\n", *rows]))
    text = tiny.CONFIG.replace(
        "{name: yin_yang, sizes: {train: 230, validation: 60, test: 70}}",
        f"{{name: csv, train: {table}, label: way}}",
    ).replace("{size: 3,", "{size: 2,")
    overrides = ["train.epochs=1", "train.savepoints=[]"]
    run = snnrun.train(tiny.write_config(tmp_path, text), overrides, results=tmp_path)
    told = evaluate_run(run, None, "test", ("answers",)).of("answers")
    experiment = run.experiment()
    from snnrun.data import load_dataset

    test = load_dataset(experiment.data).test
    own = [lines[number] for number in test.numbers]
    for name, text in {
        "bare.csv": "\n".join(own),
        "named.csv": "a,b,c\n" + "\n".join(own),
        "labelled.csv": "a,b,c,way\n" + "\n".join(f"{line},?" for line in own),
    }.items():
        (tmp_path / name).write_text(text)
        found = predict(run, tmp_path / name)
        assert np.array_equal(found.scores, told["scores"]), name


def test_mnist_of_16_pixels_is_shrunk_as_the_set_is(real_mnist):
    from snnrun.data.files import data_folder, read_idx
    from snnrun.data.sets.mnist import MnistSettings, load_mnist

    settings = MnistSettings(size=16)
    images = read_idx(data_folder() / "MNIST/raw/t10k-images-idx3-ubyte", 3)[:50]
    whole, shrunk = settings.forms
    values, _ = load_mnist(settings).test.read(np.arange(50))
    assert np.array_equal(whole.make(images[:, None]), values)
    small = np.rint(values * 255).astype(np.uint8)
    assert np.array_equal(shrunk.make(small), values)


def test_a_picture_is_brought_to_the_size_and_the_colours_of_the_data(runs, raw, tmp_path):
    shades = (raw[7].astype(float) * 255 / 16).round().astype(np.uint8)
    Image.fromarray(shades).save(tmp_path / "same.png")
    Image.fromarray(shades).convert("RGB").save(tmp_path / "colour.bmp")
    Image.fromarray(np.full((40, 60), 51, np.uint8)).save(tmp_path / "wide.tif")
    Image.fromarray(255 - shades).save(tmp_path / "dark.png")
    run = runs("lif")
    same, colour, wide = (
        predict(run, tmp_path / name) for name in ("same.png", "colour.bmp", "wide.tif")
    )
    assert np.array_equal(same.scores, predict(run, shades / np.float32(255)).scores)
    assert np.array_equal(same.scores, colour.scores)
    assert np.array_equal(wide.scores, predict(run, np.full((8, 8), np.float32(0.2))).scores)
    dark = predict(run, tmp_path / "dark.png", invert=True)
    assert np.array_equal(dark.scores, same.scores)
    both = predict(run, [tmp_path])  # a folder, by name
    assert [Path(name).name for name in both.files] == [
        "colour.bmp", "dark.png", "same.png", "wide.tif",
    ]  # fmt: skip


def test_a_picture_may_come_by_standard_input(runs, raw, tmp_path, monkeypatch):
    Image.fromarray(raw[7] * 15).save(tmp_path / "same.png")
    content = (tmp_path / "same.png").read_bytes()
    run, whole = runs("lif"), predict(runs("lif"), tmp_path / "same.png")
    for given, invert in ((content, False), (_inverted(raw[7] * 15), True)):
        monkeypatch.setattr("sys.stdin", TextIOWrapper(BytesIO(given)))
        assert np.array_equal(predict(run, "-", invert=invert).scores, whole.scores)
    monkeypatch.setattr("sys.stdin", TextIOWrapper(BytesIO(content[:60])))
    with pytest.raises(DataError, match="standard input: cannot be read as a picture: "):
        predict(run, "-")


def _inverted(shades):
    content = BytesIO()
    Image.fromarray(255 - shades).save(content, "bmp")
    return content.getvalue()


def test_what_a_picture_has_beside_its_pixels_is_told_of(runs, raw, tmp_path):
    """Alpha and all pictures of a film but the first were left out without a word."""
    grey = Image.fromarray(raw[7] * 15)
    clear = grey.convert("RGBA")
    clear.putalpha(Image.fromarray(raw[7] * 15))
    clear.save(tmp_path / "a.png")
    clear.save(tmp_path / "b.png")
    grey.convert("RGBA").save(tmp_path / "opaque.png")
    grey.save(tmp_path / "film.gif", save_all=True, append_images=[Image.fromarray(raw[8] * 15)])
    with pytest.warns(GivenWarning) as told:
        predict(runs("lif"), tmp_path)
    assert [str(each.message) for each in told] == [
        f"{tmp_path}/a.png, and 1 more: where a picture is transparent, the colour beneath is "
        "taken",
        f"{tmp_path}/film.gif: of 2 pictures in a file, the first is taken",
    ]


def test_settings_that_change_nothing_that_was_learned(runs, raw, monkeypatch):
    run = runs("lif")
    found = predict(run, raw[:5], overrides={"train": {"device": "cpu"}})
    assert np.array_equal(found.scores, predict(run, raw[:5]).scores)
    with pytest.raises(ConfigError, match="seed=3: the run learned with 0, and that stays"):
        predict(run, raw[:5], overrides="seed=3")
    monkeypatch.setattr("torch.cuda.is_available", lambda: False)
    with pytest.raises(ConfigError, match="cuda, but torch finds no CUDA device here"):
        predict(run, raw[:5], overrides="train.device=cuda")


def test_integers_of_0_and_1_are_doubted(runs, raw):
    with pytest.warns(GivenWarning) as told:
        predict(runs("lif"), (raw[:2] > 8).astype(np.uint8))
    (warning,) = told
    assert str(warning.message) == (
        "samples: integers up to 1 of 16, nearly nothing; numbers from 0 to 1 are to be floats"
    )


@pytest.mark.parametrize(
    ("samples", "said"),
    [
        (np.zeros((2, 9, 8)), "samples: has shape [2, 9, 8]; expected a sample of shape [1, 8, 8], "
         "or several along the first axis"),
        (np.full((8, 8), 255, np.uint8), "samples: uint8 from 255 to 255; expected integers from 0 "
         "to 16, which are divided by 16; or floats from 0 to 1"),
        (np.full((8, 8), 1.5), "samples: float64 from 1.5 to 1.5; expected integers from 0 to 16"),
        (np.full((3, 8, 8), -1), "samples: int64 from -1 to -1; expected integers from 0 to 16"),
        ([np.zeros((8, 8)), np.full((8, 8), np.nan)], "samples: sample 1 holds nan; expected int"),
        (np.zeros((0, 8, 8)), "samples: has shape [0, 8, 8]: it holds no sample"),
        ([], "samples: has shape [0]: it holds no sample"),
        ([["a"]], "samples: holds <U1; expected numbers"),
        ([[1, 2], [3]], "samples: no array of numbers: "),
    ],
)  # fmt: skip
def test_what_is_no_sample_is_refused(runs, samples, said):
    with pytest.raises(DataError) as error:
        predict(runs("lif"), samples)
    assert str(error.value).startswith(said)


def test_networks_that_tell_no_classes_are_refused(tmp_path):
    pytest.importorskip("gymnasium")
    config = load_config(CONFIGS / "reward_cartpole.yaml")
    from snnrun.evaluation.predicting import check_predicts

    with pytest.raises(ConfigError, match="acts in an environment; there are no samples"):
        check_predicts(config)
