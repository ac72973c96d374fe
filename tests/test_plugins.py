"""Components from files: who names them, where they are looked for, what is known of them."""

import hashlib
import importlib.metadata
import json
import sys
from pathlib import Path

import pytest

import snnrun
from snnrun import plugins
from snnrun.core.registry import Entry, Settings
from snnrun.errors import ConfigError, PluginError
from snnrun.experiment import load_config
from snnrun.learning import RULES
from snnrun.learning.optimizers import OPTIMIZERS
from tests import toy_parts
from tests.cli.running import run
from tests.forgetting import forgotten
from tests.studies.small import BASE

#: The small parts of the tests, as somebody may bring them in a file.
TOYS = """
from tests.toy_parts import DESCENT, MODEL

COMPONENTS = {"models": {"toy_linear": MODEL}, "rules": {"toy_descent": DESCENT}}
"""
#: A plug-in that counts how often it is run.
OPTIMIZER = """
from pathlib import Path
from snnrun.extending import Entry
from snnrun.learning.optimizers import SGDSettings

with Path(__file__).with_name("ran").open("a") as ran:
    ran.write("x")


class Lazy(SGDSettings):
    "Late."


COMPONENTS = {"optimizers": {"lazy": Entry(Lazy, "torch.optim:SGD", summary="late")}}
"""


#: Our arc tangent under another name.
SURROGATE = """
from snnrun.extending import Entry
from snnrun.kernels.lif.surrogates import SurrogateSettings


class Own(SurrogateSettings):
    "A hump."


def own(x):
    return 1 / (1 + x * x)


COMPONENTS = {"surrogates": {"own": Entry(Own, "mine:own", summary="a hump")}}
"""


@pytest.fixture(autouse=True)
def forget(tmp_path):
    with forgotten(tmp_path) as function:
        yield function


@pytest.fixture
def plugin(tmp_path):
    """A function that writes a module into a folder and returns its path."""

    def write(text=OPTIMIZER, name="mine.py", folder="beside"):
        path = tmp_path / folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        return path

    return write


def runs_of(path):
    return len((path.parent / "ran").read_text())


# ---- looking for them ----


def test_a_file(plugin):
    path = plugin()
    module = plugins.load(str(path))
    assert (module.__name__, module.__file__) == ("mine", str(path))
    assert sys.modules["mine"] is module
    assert OPTIMIZERS["lazy"].summary == "late"


def test_a_second_time_nothing_happens(plugin):
    path = plugin()
    assert plugins.load(str(path)) is plugins.load("mine") is plugins.load(str(path))
    assert runs_of(path) == 1


def test_a_module_where_python_looks(plugin, monkeypatch):
    monkeypatch.syspath_prepend(plugin().parent)
    plugins.load("mine")
    assert "lazy" in OPTIMIZERS


def test_a_module_beside(plugin):
    path = plugin()
    with pytest.raises(PluginError, match="no such plug-in: mine; looked in "):
        plugins.load("mine")
    plugins.load("mine", path.parent)
    assert "lazy" in OPTIMIZERS
    assert str(path.parent) not in sys.path


def test_modules_of_a_package(plugin):
    """The package is run once, however many of its modules are named."""
    package = plugin("with open(__file__ + '.ran', 'a') as ran: ran.write('x')\n",
                     "__init__.py", "beside/group")  # fmt: skip
    plugin(folder="beside/group")
    plugin(TOYS, "toys.py", "beside/group")
    for name in ("group.mine", "group.toys"):
        plugins.load(name, package.parent.parent)
    assert {"lazy"} <= OPTIMIZERS.keys()
    assert {"toy_descent"} <= RULES.keys()
    assert (package.parent / "__init__.py.ran").read_text() == "x"


def test_a_package_by_its_file(plugin, monkeypatch):
    """It was told to be named so, and then was a module `__init__` that found none of its own."""
    package = plugin("from group.mine import COMPONENTS\n", "__init__.py", "beside/group")
    plugin(folder="beside/group")
    monkeypatch.chdir(package.parent)
    module = plugins.load("__init__.py")
    assert (module.__name__, module.__file__) == ("group", str(package))
    assert "lazy" in OPTIMIZERS


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("1 / 0\n", r"the plug-in mine \(.*mine.py\) fails: ZeroDivisionError: division by zero"),
        ("import absent_module\n", "fails: ModuleNotFoundError: No module named 'absent_module'"),
        ("x = (\n", "fails: SyntaxError: "),
        ("raise ValueError('two\\nlines')\n", "fails: ValueError: two$"),
        ("", r"the plug-in mine \(.*mine.py\) has no COMPONENTS; expected a map such as"),
        ("COMPONENTS = 3\n", "has no COMPONENTS"),
        ("COMPONENTS = {'rule': {}}\n", "the plug-in mine: no group 'rule'; did you mean 'rules'?"),
        ("COMPONENTS = {'rules': {'x': 3}}\n", "'x' of a plug-in is int; expected Entry"),
        (
            OPTIMIZER.replace('"torch.optim:SGD"', "Lazy"),
            "'lazy' of a plug-in is built by <class '.*Lazy'>; expected text such as 'my_r",
        ),
        (
            OPTIMIZER.replace("torch.optim:SGD", "torch.optim"),
            "'lazy' of a plug-in is built by 'torch.optim'; expected text such as 'my_rules:Mine'",
        ),
        (OPTIMIZER.replace('"lazy"', '"adam"'), "the plug-in mine: the optimizer 'adam' exists"),
    ],
)
def test_a_plugin_that_is_none(plugin, text, message):
    path = plugin(text)
    for _ in range(2):  # it is no better the second time
        with pytest.raises(PluginError, match=message):
            plugins.load(str(path))
    assert "lazy" not in OPTIMIZERS


@pytest.mark.parametrize(
    ("target", "said"),
    [
        ("absent_module:Own", "absent_module:Own: there is no module absent_module"),
        ("json:load5", "json:load5: json has no load5; did you mean 'load'"),
        ("", "'' builds nothing; expected text such as 'my_rules:Mine'"),
    ],
)
def test_an_entry_that_leads_nowhere_is_told(target, said):
    """Each was an unexpected error of Python, in the middle of a training that began."""
    with pytest.raises(PluginError, match=said):
        Entry(Settings, target).load()


def test_a_file_that_there_is_not(tmp_path):
    with pytest.raises(PluginError, match=f"no such plug-in: {tmp_path}/mine.py"):
        plugins.load(str(tmp_path / "mine.py"))


def test_a_file_with_the_name_of_a_module_in_use(plugin):
    """Whoever imports json afterwards must not get something else."""
    before = sys.modules["json"]
    with pytest.raises(PluginError, match=r"json.py bears the name of a module that is in use"):
        plugins.load(str(plugin(name="json.py")))
    assert sys.modules["json"] is before


# ---- beside a config ----


@pytest.fixture
def config(plugin, tmp_path):
    """A config that names a module, and the module beside it."""
    plugin(TOYS, "toys.py")
    path = tmp_path / "beside" / "toy.yaml"
    path.write_text(toy_parts.CONFIG + "plugins: [toys]\n")
    return path


def test_a_config_names_modules_beside_it(config):
    experiment = load_config(config, ["train.epochs=2"])
    assert experiment.plugins == ("toys",)
    assert type(experiment.model) is toy_parts.LinearSettings
    assert type(experiment.learning) is toy_parts.DescentSettings


def test_a_file_that_another_extends_names_them_too(config):
    other = config.with_name("other.yaml")
    other.write_text("extends: toy.yaml\ntrain: {epochs: 1}\n")
    assert load_config(other).train.epochs == 1


def test_without_them_the_names_are_unknown(config):
    config.write_text(toy_parts.CONFIG)
    with pytest.raises(ConfigError, match="unknown model 'toy_linear'"):
        load_config(config)


@pytest.mark.parametrize(
    ("named", "message"),
    [
        ("[toys.py]", "plugins: must name modules, such as my_rules for my_rules.py, got toys.py"),
        ("[../toys]", "must name modules, such as my_rules for my_rules.py, got ../toys"),
        ("toys", "plugins: must be a list, got 'toys'"),
        ("[3]", "plugins.0: must be text, got 3"),
        ("[tois]", "no such plug-in: tois; looked in "),
    ],
)
def test_what_is_no_module(config, named, message):
    config.write_text(toy_parts.CONFIG + f"plugins: {named}\n")
    with pytest.raises(ConfigError) as caught:
        load_config(config)
    assert message in str(caught.value)


def test_the_command_line_trains_with_them(config, tmp_path, monkeypatch):
    """What they were is written down, and the run is of use only where they are named again."""
    monkeypatch.chdir(tmp_path)
    code, out, err = run("train", config, "--quiet", "train.epochs=1")
    assert (code, err) == (0, "")
    done = tmp_path / out.strip()
    file = config.with_name("toys.py")
    record = {"file": str(file), "sha256": hashlib.sha256(file.read_bytes()).hexdigest()}
    assert json.loads((done / "environment.json").read_text())["plugins"] == {"toys": record}
    assert snnrun.inference(done).accuracy is not None


def test_a_run_of_theirs_needs_them_named_again(config, tmp_path, forget):
    done = snnrun.train(config, ["train.epochs=1"], results=tmp_path / "runs")
    forget()
    code, out, err = run("inference", done.path)
    file = config.with_name("toys.py")
    assert (code, out) == (2, "")
    assert err == (
        f"snnrun: the run needs the plug-in toys, which was {file}; "
        f"its code runs only if you name it: --plugin {file}\n"
    )
    code, out, err = run("inference", done.path, "--plugin", file)
    assert (code, err) == (0, "")
    assert out.startswith("After inference, the accuracy is ")


def test_a_run_whose_plugin_was_named_on_the_command_line(plugin, tmp_path, forget):
    """No config tells of it, but what was written down does."""
    config = tmp_path / "small.yaml"
    config.write_text(BASE)
    file = plugin()
    wanted = ("train.epochs=1", "train.optimizer.name=lazy", "--results", tmp_path / "runs")
    code, out, err = run("train", config, "--quiet", *wanted, "--plugin", file)
    assert (code, err) == (0, "")
    forget()
    code, _, err = run("inference", out.strip())
    assert code == 2
    assert "train.optimizer.name: unknown optimizer 'lazy'" in err
    assert f"the run was made with {file}: --plugin {file}\n" in err


@pytest.mark.parametrize(
    ("rule", "model"),
    [
        ("surrogate", "lif"),
        ("surrogate", "feedforward"),
        ("random_feedback", "lif"),
        ("eligibility", "lif"),
        ("eprop", "lif"),
    ],
)
def test_a_surrogate_works_for_every_rule(rule, model, plugin, tmp_path):
    config, found = tmp_path / "own.yaml", []
    readout = "spikes" if rule in ("random_feedback", "eligibility") else "leaky"
    text = BASE.replace("random_feedback", rule).replace("linear}", f"{readout}}}")
    key = "model.surrogate"
    if model == "feedforward":
        layers = "[{name: flatten}, {name: linear, size: 5}, {name: lif}]"
        text = text.replace("name: lif, layers: [{size: 5}], readout: {name: leaky}",
                            f"name: feedforward, layers: {layers}")  # fmt: skip
        key = "model.neuron.surrogate"
    config.write_text(text)
    for name in ("arctan", "own"):
        given = (f"{key}={{name: {name}, sharpness: 2.0}}", "--results", tmp_path / name)
        code, out, err = run("train", config, "--quiet", *given, "--plugin", plugin(SURROGATE))
        assert (code, err) == (0, ""), err
        lines = map(json.loads, (Path(out.strip()) / "metrics.jsonl").read_text().splitlines())
        found.append([(each["name"], each["value"]) for each in lines if "loss" in each["name"]])
    assert len(found[0]) >= 4
    for mine, own in zip(*found, strict=True):
        assert mine == (own[0], pytest.approx(own[1], rel=1e-4))


# ---- --plugin ----


def test_every_command_takes_them(plugin):
    path = plugin()
    code, out, _ = run("show", "lazy", "--plugin", path)
    assert code == 0
    assert out.startswith("lazy (optimizer)\nlate\n")


def test_several(plugin):
    arguments = ["--plugin", plugin(), "--plugin", plugin(TOYS, "toys.py")]
    assert run("list", "optimizers", *arguments)[1].count("lazy") == 1
    assert "toy_descent" in run("list", "rules", *arguments)[1]


def test_a_config_that_needs_one_is_told_with_it(plugin, tmp_path):
    """`snnrun train FILE`, which was named as next, knew no such model."""
    own = "class Own(MODEL.settings):\n    'Own.'\n\n\n"
    entry = "COMPONENTS = {'models': {'own': Entry(Own, MODEL.target)}}\n"
    head = "from snnrun.extending import Entry\nfrom tests.toy_parts import MODEL\n\n\n"
    path, file = plugin(head + own + entry, "own_model.py"), tmp_path / "new.yaml"
    toys = plugin(TOYS, "toys.py")
    words = ("new", "own", file, "--rule", "toy_descent", "--plugin", path, "--plugin", toys)
    code, out, _ = run(*words)
    needed = f" --plugin {path}"
    assert (code, out) == (0, f"wrote {file}; next: snnrun train {file}{needed}\n")


def test_of_a_module_here_the_file_is_told(plugin, monkeypatch):
    """A name is looked for where Python finds modules, which is not here; a path is not."""
    monkeypatch.chdir(plugin(name="around_here.py").parent)
    code, _, err = run("list", "--plugin", "around_here")
    assert code == 2
    assert err.endswith("; the one in this folder is --plugin around_here.py\n")


def test_a_wrong_one_is_a_line(tmp_path):
    path = tmp_path / "absent.py"
    assert run("list", "--plugin", path) == (2, "", f"snnrun: no such plug-in: {path}\n")


# ---- what is written down ----


def test_what_is_written_down_of_an_installed_package(config, monkeypatch):
    experiment = load_config(config)
    monkeypatch.setattr(plugins, "packages_distributions", lambda: {"toys": ["numpy"]})
    version = importlib.metadata.version("numpy")
    assert plugins.describe(experiment) == {"toys": {"package": "numpy", "version": version}}


def test_the_lists_of_installed_files_are_read_once():
    """Reading them took half a second of every run, and of every evaluation of one."""
    assert plugins.packages_distributions() is plugins.packages_distributions()


def test_nothing_is_written_down_of_ours(tmp_path):
    path = tmp_path / "plain.yaml"
    path.write_text(toy_parts.CONFIG.replace("toy_linear", "lif, layers: [{size: 3}]").replace(
        "toy_descent", "random_feedback"))  # fmt: skip
    assert plugins.describe(load_config(path)) == {}


def test_what_is_advised():
    record = {
        "absent": {"package": "no-such-package", "version": "1.5"},
        "there": {"package": "numpy", "version": "1.0"},
        "toys": {"file": "/a/toys.py", "sha256": ""},
    }
    assert plugins.advice(record) == [
        "the run was made with no-such-package 1.5, which is not installed: "
        "pip install no-such-package==1.5",
        "the run was made with /a/toys.py: --plugin /a/toys.py",
    ]


def test_another_process_is_told_where_they_lie(plugin):
    """The folder that each was found in, of a package the one that holds it."""
    plugins.load(str(plugin()))
    whole = plugin(name="others/__init__.py", text="from others.inner import COMPONENTS\n")
    plugin(name="others/inner.py", text="COMPONENTS = {}\n")
    plugins.load(str(whole))
    beside = str(whole.parent.parent)
    found = dict(plugins.places())
    assert {name: found[name] for name in ("mine", "others")} == {"mine": beside, "others": beside}
