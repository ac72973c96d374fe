"""A run folder may come from anybody: what its config names is not run for that."""

import shutil
import sys
from importlib.metadata import EntryPoint
from pathlib import Path

import pytest

import snnrun
from snnrun import plugins
from snnrun.compat import export_run
from snnrun.errors import PluginError
from snnrun.evaluation.sharing import share
from snnrun.runs.folder import RunDir
from tests import tiny
from tests.cli.running import MODULE, SCRIPT, run, shell
from tests.forgetting import forgotten

#: Leaves a file beside itself, and would otherwise do as a plug-in.
EVIL = """
from pathlib import Path

Path(__file__).with_suffix(".ran").touch()
COMPONENTS = {}
"""
#: What is asked for behind the run folder, by command.
VERBS = {
    "inference": (),
    "eval": (),
    "continue": ("--epochs", "2"),
    "export": (),
    "share": ("copy",),
}


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """A run whose config names ``evil``: whoever trained it had it beside the config."""
    folder = tmp_path_factory.mktemp("trained")
    config = tiny.write_config(folder, tiny.CONFIG + "plugins: [evil]\n")
    (folder / "evil.py").write_text(EVIL)
    with forgotten(folder):
        run = snnrun.train(config, ["train.epochs=1", "train.savepoints=[]"], results=folder)
    assert (folder / "evil.ran").exists()
    return run.path


ENVIRONMENT = "environment.json"


def record(run_dir: Path, **known: object) -> None:
    """Let the run tell what its plug-in was."""
    run = RunDir(run_dir)
    run.write_json(ENVIRONMENT, {**run.read_json(ENVIRONMENT), "plugins": {"evil": known}})


@pytest.fixture
def run_dir(trained, tmp_path):
    """The run as it came here; its plug-in lies in it, and in the working directory."""
    made = shutil.copytree(trained, tmp_path / "theirs")
    record(made)
    for folder in (made, made / "checkpoints", tmp_path / "here"):
        folder.mkdir(exist_ok=True)
        (folder / "evil.py").write_text(EVIL)
    return made


@pytest.fixture
def here(run_dir, tmp_path, monkeypatch):
    """The working directory, where Python looks for modules, as a notebook does."""
    monkeypatch.chdir(tmp_path / "here")
    monkeypatch.syspath_prepend(tmp_path / "here")
    with forgotten(tmp_path):
        yield tmp_path / "here"


def ran(folder: Path) -> list[Path]:
    return list(folder.rglob("*.ran"))


CALLS = {
    "load": snnrun.load,
    "inference": snnrun.inference,
    "evaluate": lambda run: snnrun.evaluate([run]),
    "resume": lambda run: snnrun.resume(run, epochs=2),
    "export": lambda run: export_run(run, "fastanddeep"),
    "share": lambda run: share(RunDir.open(run), run.parent / "copy"),
}


@pytest.mark.parametrize("verb", CALLS)
def test_no_function_imports_what_a_run_names(run_dir, here, tmp_path, verb):
    """Not even where Python would find it."""
    with pytest.raises(PluginError, match="the run needs the plug-in evil; its code runs only if"):
        CALLS[verb](run_dir)
    assert ran(tmp_path) == []
    assert "evil" not in sys.modules


@pytest.mark.parametrize(
    ("known", "message"),
    [
        ({}, "evil; its code runs only if you name it: --plugin evil"),
        (
            {"file": "/a/evil.py", "sha256": ""},
            "evil, which was /a/evil.py and is not there; name it where it is now: "
            "--plugin evil.py",
        ),
        (
            {"package": "evil-snn", "version": "1.5"},
            "evil, of the package evil-snn 1.5, which is not installed: pip install evil-snn==1.5",
        ),
        (
            {"package": "numpy", "version": "1.5"},
            "evil, of the package numpy 1.5; its code runs only if you name it: --plugin evil",
        ),
    ],
)
def test_what_helps_is_said(run_dir, here, known, message):
    record(run_dir, **known)
    assert run("inference", run_dir) == (2, "", f"snnrun: the run needs the plug-in {message}\n")


def test_what_is_named_again_is_imported(run_dir, here):
    """The file that is named, and no other."""
    for verb in ("inference", "continue", "share"):
        code, out, err = run(verb, run_dir, *VERBS[verb], "--plugin", run_dir / "evil.py")
        assert code == 0, err
        assert out
    assert ran(run_dir.parent) == [run_dir / "evil.ran"]


def test_what_an_installed_package_offers_is_imported(run_dir, here, tmp_path, monkeypatch):
    """That of the package, though others of its name lie about."""
    site = tmp_path / "site"
    site.mkdir()
    (site / "evil.py").write_text(EVIL)
    monkeypatch.syspath_prepend(site)
    point = EntryPoint("wicked", "evil:RULE", "snnrun.rules")
    monkeypatch.setattr(plugins, "installed", lambda: {"snnrun.rules": {"wicked": [point]}})
    assert snnrun.inference(run_dir).accuracy is not None
    assert ran(tmp_path) == [site / "evil.ran"]


def test_a_package_is_not_taken_for_another_by_the_beginning_of_its_name(
    run_dir, here, monkeypatch
):
    point = EntryPoint("wicked", "evil_snn.parts:RULE", "snnrun.rules")
    monkeypatch.setattr(plugins, "installed", lambda: {"snnrun.rules": {"wicked": [point]}})
    with pytest.raises(PluginError, match="the run needs the plug-in evil; its code"):
        snnrun.inference(run_dir)
    assert ran(run_dir.parent) == []


def test_a_config_in_a_run_folder_is_trained_without_what_lies_beside_it(run_dir, here, tmp_path):
    """`train` trusts a config; it does not look for modules in the folder of a run."""
    sys.path.remove(str(here))
    with pytest.raises(PluginError, match="no such plug-in: evil; looked in"):
        snnrun.train(run_dir / "config.yaml", results=tmp_path / "mine")
    assert ran(tmp_path) == []


# Real processes, whose working directory is Python's first place to look.


@pytest.mark.parametrize("verb", VERBS)
@pytest.mark.parametrize("program", [MODULE, SCRIPT], ids=["module", "script"])
def test_no_command_imports_what_a_run_names(run_dir, tmp_path, program, verb):
    record(run_dir, package="evil-snn", version="1.5")
    before = sorted(tmp_path.rglob("*"))
    told = (
        "snnrun: the run needs the plug-in evil, of the package evil-snn 1.5, "
        "which is not installed: pip install evil-snn==1.5\n"
    )
    found = shell(verb, run_dir, *VERBS[verb], cwd=tmp_path / "here", program=program)
    assert found == (2, "", told)
    assert sorted(tmp_path.rglob("*")) == before


def test_named_without_py_it_is_not_looked_for_in_the_working_directory(run_dir, tmp_path):
    code, out, err = shell("list", "--plugin", "evil", cwd=tmp_path / "here")
    assert (code, out) == (2, "")
    assert err.startswith("snnrun: no such plug-in: evil; looked in ")
    assert str(tmp_path) not in err
    assert ran(tmp_path) == []


@pytest.mark.parametrize("program", [MODULE, SCRIPT], ids=["module", "script"])
def test_a_file_with_the_name_of_a_package_is_not_taken_for_it(tmp_path, program):
    for name in ("typer", "pydantic", "yaml"):
        (tmp_path / f"{name}.py").write_text(EVIL)
    code, out, _ = shell("list", "models", cwd=tmp_path, program=program)
    assert (code, out.split()[0]) == (0, "models")
    assert ran(tmp_path) == []
