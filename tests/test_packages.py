"""Packages as users get them: built, installed where no compiler is, at work in an empty folder."""

import os
import shutil
import subprocess
import sys
import sysconfig
import tarfile
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
SHORT = (
    "train.epochs=2",
    "train.live_plot=false",
    "train.tensorboard=false",
    "train.savepoints=[]",
)


def execute(*words, cwd, **environment):
    """What a program prints; it must end well."""
    done = subprocess.run(
        [*map(str, words)],
        cwd=cwd,
        capture_output=True,
        text=True,
        env={**os.environ, **environment},
        check=False,
        timeout=1800,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def bare(tmp_path_factory):
    """Environment variables where no compiler is, and nothing is known of this checkout."""
    tools = tmp_path_factory.mktemp("tools")
    for name in ("sh", "uname", "env"):
        (tools / name).symlink_to(shutil.which(name))
    nowhere = dict.fromkeys(("CC", "CXX", "CUDACXX"), "/nowhere/compiler")
    return {"PATH": str(tools), "PYTHONPATH": "", **nowhere}


@pytest.fixture(scope="module")
def sdist(tmp_path_factory):
    folder = tmp_path_factory.mktemp("sdist")
    execute(sys.executable, "-m", "build", "--sdist", "--no-isolation", "-o", folder, cwd=ROOT)
    (file,) = folder.glob("*.tar.gz")
    return file


def wheel_of(sdist, folder, environment):
    """The wheel that pip makes of a source package, far from the checkout."""
    words = ("wheel", "-q", "--no-deps", "--no-build-isolation", "-w", folder, sdist)
    execute(sys.executable, "-m", "pip", *words, cwd=sdist.parent, **environment)
    (file,) = folder.glob("*.whl")
    return file


@pytest.fixture(scope="module")
def portable(sdist, tmp_path_factory, bare):
    """The wheel as it is built without a compiler."""
    return wheel_of(sdist, tmp_path_factory.mktemp("portable"), bare)


def installed(package, folder):
    """The commands of an environment of its own that holds this package.

    What snnrun needs is borrowed from the environment of the tests, but for snnrun itself.
    """
    execute(sys.executable, "-m", "venv", "--without-pip", folder, cwd=folder.parent)
    python = folder / "bin" / "python"
    words = ("--python", python, "install", "-q", "--no-deps", package)
    execute(sys.executable, "-m", "pip", *words, cwd=folder.parent)
    site = execute(python, "-c", "import site; print(*site.getsitepackages())", cwd=folder).strip()
    ours = sysconfig.get_paths()["purelib"]  # without its .pth files, which lead to this checkout
    Path(site, "borrowed.pth").write_text(f"{ours}\n", encoding="utf-8")
    return folder / "bin"


def first_steps(commands, folder, bare):
    """Train by a name, in an empty folder; return the run and what the doctor says."""
    folder.mkdir()
    where = execute(commands / "python", "-c", "import snnrun; print(snnrun.__file__)", cwd=folder)
    assert Path(where.strip()).is_relative_to(commands.parent)
    program = commands / "snnrun"
    run = execute(program, "train", "first_spike_xor", "-q", *SHORT, cwd=folder, **bare).strip()
    assert Path(run).name.startswith("first_spike_xor_")
    return run, execute(program, "doctor", cwd=folder, **bare)


def further_steps(commands, folder, run, bare):
    """A config of one's own, figures, numbers; return which papers there are."""
    program = commands / "snnrun"
    execute(program, "new", "--from", "first_spike_xor", "mine.yaml", cwd=folder, **bare)
    execute(program, "train", "mine.yaml", "--quiet", *SHORT, cwd=folder, **bare)
    assert "confusion_test.png" in execute(program, "eval", run, cwd=folder, **bare)
    assert "accuracy is" in execute(program, "inference", run, cwd=folder, **bare)
    return execute(program, "reproduce", cwd=folder, **bare)


def test_the_sdist_holds_what_the_package_is_built_from_and_no_more(sdist):
    with tarfile.open(sdist) as archive:
        names = {Path(*Path(name).parts[1:]).as_posix() for name in archive.getnames()}
    tops = {name.partition("/")[0] for name in names}
    assert {"snnrun", "native", "configs", "docs", "CMakeLists.txt", "LICENSE"} < tops
    assert not tops & {
        "tests",
        "experiment_pretrained",
        "experiment_results",
        "benchmarks",
        ".venv",
    }
    assert not [name for name in names if name.endswith((".so", ".pyc"))]


def test_the_wheel_holds_the_configs_and_the_types(portable):
    with zipfile.ZipFile(portable) as archive:
        names = set(archive.namelist())
        meta = archive.read(next(name for name in names if name.endswith("/METADATA"))).decode()
    files = {path.relative_to(ROOT) for path in ROOT.glob("configs/**/*.yaml")}
    assert {f"snnrun/{file.as_posix()}" for file in files} <= names
    assert {"snnrun/py.typed", "snnrun/_native.pyi"} <= names
    assert {name.partition("/")[0] for name in names} == {"snnrun", meta_folder(names)}
    assert "\nLicense-Expression: MIT\n" in meta
    needed = [line for line in meta.splitlines() if line.startswith("Requires-Dist: ")]
    assert len(needed) == len(set(needed))


def meta_folder(names):
    (folder,) = {name.partition("/")[0] for name in names if ".dist-info/" in name}
    return folder


def test_nothing_is_needed_twice():
    """tensorboardX stood there twice."""
    from importlib.metadata import requires

    wanted = requires("snnrun") or []
    assert len(wanted) == len(set(wanted))


@pytest.mark.slow
def test_what_was_built_without_a_compiler_does_all(portable, tmp_path, bare):
    commands = installed(portable, tmp_path / "env")
    run, told = first_steps(commands, tmp_path / "work", bare)
    assert "Python twins, which are slower" in told
    assert "delgrad" in further_steps(commands, tmp_path / "work", run, bare)


@pytest.mark.slow
def test_the_compiled_wheel_does_all_where_no_compiler_is(sdist, tmp_path, bare):
    """It is built of the source package, and bears the tag that auditwheel finds."""
    wheel = wheel_of(sdist, tmp_path / "built", {})
    if sys.platform == "linux":
        beside = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
        words = (sys.executable, "-m", "auditwheel")
        execute(*words, "repair", "-w", tmp_path / "dist", wheel, cwd=tmp_path, PATH=beside)
        (wheel,) = (tmp_path / "dist").glob("*.whl")
        tag = wheel.stem.split("-")[-1].split(".")[0]
        assert tag.startswith("manylinux_2_")
        told = execute(*words, "show", wheel, cwd=tmp_path, PATH=beside)
        assert f'"{tag}"' in " ".join(told.split())
    commands = installed(wheel, tmp_path / "env")
    run, told = first_steps(commands, tmp_path / "work", bare)
    assert "compiled, for CPU level" in told
    assert "delgrad" in further_steps(commands, tmp_path / "work", run, bare)
