"""What TensorBoard is given, read back from its files."""

import io

import numpy as np
import pytest
from PIL import Image

import snnrun
from tests.loggers.reading import events, values
from tests.tiny import experiment
from tests.training.stopped import stopped_run

FULL = "train.loggers=[{name: tensorboard, histograms: true, figures: true, hparams: true}]"


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    folder = tmp_path_factory.mktemp("logged")
    return snnrun.train(experiment(folder, FULL, "train.live_plot=true"), results=folder)


def test_every_number_that_is_logged_is_a_scalar(run):
    found = {
        (tag, step): value for tag, step, value in values(run.path / "tensorboard", "simple_value")
    }
    for row in run.logged():
        got = found[f"{row['split']}/{row['name']}", row["epoch"]]
        assert got == pytest.approx(row["value"], rel=1e-6, nan_ok=True)


def test_weights_and_gradients_are_histograms(run):
    found = values(run.path / "tensorboard", "histo")
    last = {tag: histogram for tag, step, histogram in found if step == 4}
    assert {"weights/layers.0.weights", "gradients/layers.1.weights"} <= last.keys()
    weights = snnrun.load(run, 4).model.layers[1].weights.detach().double().numpy()
    histogram = last["weights/layers.1.weights"]
    assert sum(histogram.bucket) == weights.size
    assert (histogram.min, histogram.max) == (weights.min(), weights.max())
    assert histogram.sum == pytest.approx(weights.sum())
    assert histogram.sum_squares == pytest.approx((weights**2).sum())
    upper = np.array(histogram.bucket_limit)
    assert histogram.bucket[0] == (weights < upper[0]).sum()


def test_the_live_plot_is_a_picture(run):
    found = values(run.path / "tensorboard", "image")
    tag, step, picture = found[-1]
    assert (tag, step) == ("figures/live_accuracy", 4)
    seen = np.asarray(Image.open(io.BytesIO(picture.encoded_image_string)).convert("RGB"))
    drawn = np.asarray(Image.open(run.path / "live_accuracy.png").convert("RGB"))
    np.testing.assert_array_equal(seen, drawn)


def test_settings_stand_beside_results(run):
    from tensorboardX.proto.plugin_hparams_pb2 import HParamsPluginData

    told = {
        tag: HParamsPluginData.FromString(metadata.plugin_data.content)
        for tag, _, metadata in values(run.path / "tensorboard", "metadata")
        if tag.startswith("_hparams_")
    }
    start = told["_hparams_/session_start_info"].session_start_info.hparams
    assert start["model.layers.0.size"].number_value == 14
    assert start["learning.loss.name"].string_value == "ttfs"
    assert not [key for key in start if "loggers" in key or "start_from" in key]
    metrics = {each.name.tag for each in told["_hparams_/experiment"].experiment.metric_infos}
    scalars = {tag: value for tag, _, value in values(run.path / "tensorboard", "simple_value")}
    assert {"last/test/accuracy", "best/test/accuracy", "best/validation/loss"} <= metrics
    assert metrics <= scalars.keys()
    (accuracy,) = [
        row["value"] for row in run.logged()
        if (row["split"], row["name"], row["epoch"]) == ("test", "accuracy", 4)
    ]  # fmt: skip
    assert scalars["last/test/accuracy"] == pytest.approx(accuracy)


def test_the_short_form_writes_scalars_alone(tmp_path):
    run = snnrun.train(experiment(tmp_path, "train.tensorboard=true"), results=tmp_path)
    folder = run.path / "tensorboard"
    assert ("validation/accuracy", 4) in [each[:2] for each in values(folder, "simple_value")]
    assert not values(folder, "histo")
    assert not values(folder, "image")
    assert not [tag for tag, *_ in values(folder, "metadata") if "hparams" in tag]


def test_what_was_logged_beyond_the_checkpoint_is_void(tmp_path):
    run = stopped_run(tmp_path, 12)
    run.config.write_text(run.config.read_text().replace("tensorboard: false", "tensorboard: true"))
    snnrun.resume(run)
    (start,) = [each for each in events(run.path / "tensorboard") if each.HasField("session_log")]
    assert start.session_log.status == start.session_log.START
    assert start.step == 3
