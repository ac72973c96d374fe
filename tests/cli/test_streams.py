"""What is said is never in the way of what is done."""

import errno
import io
import os
import signal
import subprocess
import sys

import pytest

from snnrun.cli.streams import Telling, telling
from tests.cli.running import MODULE, ROOT, SCRIPT, shell

#: A command whose answer holds a letter that ASCII lacks: the name Göltz.
SHOW = ("show", "first_spike")


class Failing(io.StringIO):
    """A stream that fails in its own way."""

    def __init__(self, error: Exception) -> None:
        super().__init__()
        self.error = error

    def write(self, text: str) -> int:
        raise self.error

    def flush(self) -> None:
        raise self.error


LOST = [
    OSError(errno.EIO, "the terminal is gone"),
    OSError(errno.ENOSPC, "No space left on device"),
    ValueError("I/O operation on closed file."),
]
GONE = BrokenPipeError(errno.EPIPE, "Broken pipe")


@pytest.mark.parametrize("error", [*LOST, GONE], ids=repr)
def test_a_lost_stream_is_no_error(error):
    stream = Telling(Failing(error))
    assert stream.write("three") == 5
    stream.flush()
    print("more", file=stream, flush=True)
    with pytest.raises(type(error)):
        Failing(error).write("three")


@pytest.mark.parametrize("error", LOST, ids=repr)
def test_of_a_pipe_only_a_reader_that_has_gone_is_told(error):
    assert Telling(Failing(error), pipe=True).write("three") == 5
    with pytest.raises(BrokenPipeError):
        Telling(Failing(GONE), pipe=True).write("three")


def test_a_lost_stream_is_left_alone(tmp_path):
    """From then on the descriptor leads nowhere, so that what waits is not tried again at exit."""
    if not os.path.exists("/dev/full"):
        pytest.skip("needs /dev/full")
    with open("/dev/full", "w") as full:
        stream, before = Telling(full), len(os.listdir("/proc/self/fd"))
        for _ in range(3):
            print("a line", file=stream, flush=True)
        assert os.readlink(f"/proc/self/fd/{full.fileno()}") == os.devnull
        assert len(os.listdir("/proc/self/fd")) == before


def test_letters_that_a_terminal_lacks_are_spelt():
    terminal = io.TextIOWrapper(io.BytesIO(), "ascii")
    print("Göltz, τ", file=Telling(terminal), flush=True)
    assert terminal.buffer.getvalue() == b"G\\xf6ltz, \\u03c4\n"


def test_whatever_else_a_stream_can_do_it_still_can():
    stream = Telling(io.StringIO())
    stream.write("said")
    assert (stream.getvalue(), stream.isatty()) == ("said", False)


def test_absent_streams_are_there_inside_the_block(monkeypatch):
    monkeypatch.setattr(sys, "stdout", None)
    monkeypatch.setattr(sys, "stderr", None)
    with telling():
        print("said", flush=True)
        assert not sys.stderr.isatty()
        sys.stderr.write("said too")
    assert (sys.stdout, sys.stderr) == (None, None)


@pytest.mark.parametrize("error", [*LOST, GONE], ids=repr)
def test_what_ends_the_block_is_not_hidden(monkeypatch, error):
    streams = io.StringIO(), io.StringIO()
    monkeypatch.setattr(sys, "stdout", Failing(error))
    monkeypatch.setattr(sys, "stderr", streams[1])

    def say_and_fail():
        with telling():
            print("said", file=sys.stderr)
            raise KeyError

    with pytest.raises(KeyError):
        say_and_fail()
    assert sys.stderr is streams[1]
    assert streams[1].getvalue() == "said\n"


# Real processes.


def closed(number: int) -> dict[str, object]:
    """How to start a process without its stdout (1) or stderr (2)."""
    return {"preexec_fn": lambda: os.close(number)}


@pytest.mark.parametrize(
    ("arguments", "number", "code"),
    [(SHOW, 1, 0), (("show", "first_spke"), 1, 2), (("show", "first_spke"), 2, 2)],
)
def test_a_program_that_was_started_without_a_stream(arguments, number, code):
    """Its answer was "'NoneType' object has no attribute 'write'"."""
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    done = subprocess.run([*MODULE, *arguments], cwd=ROOT, text=True, **pipes, **closed(number))
    assert done.returncode == code
    assert done.stdout == ""
    assert ("did you mean 'first_spike'?" in done.stderr) == (code == 2 and number == 1)
    assert bool(done.stderr) == (code == 2 and number == 1)


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs /dev/full")
@pytest.mark.parametrize(("word", "code"), [("first_spike", 3), ("first_spke", 2)])
def test_a_full_disk_behind_both_streams(word, code):
    with open("/dev/full", "w") as full:
        assert subprocess.call([*MODULE, "show", word], cwd=ROOT, stdout=full, stderr=full) == code


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs /dev/full")
def test_an_answer_that_finds_no_room_is_told_of():
    """A table that was written to a full disk, ``snnrun runs > runs.csv``, was lost with code 0."""
    with open("/dev/full", "w") as full:
        done = subprocess.run(
            [*MODULE, *SHOW], cwd=ROOT, stdout=full, stderr=subprocess.PIPE, text=True, check=False
        )
    assert done.returncode == 3
    assert done.stderr == "snnrun: standard output: No space left on device; not all is written\n"


@pytest.mark.parametrize("program", [MODULE, SCRIPT])
@pytest.mark.parametrize("arguments", [("schema",), ("sweep", "--help")])
def test_a_reader_that_has_gone_ends_a_command_as_it_ends_other_programs(program, arguments):
    """A shell says 141 of ``seq 99999 | head -n 1``; here it was 1, an unexpected error."""
    read, write = os.pipe()
    os.close(read)
    done = subprocess.run(
        [*program, *arguments], cwd=ROOT, stdout=write, stderr=subprocess.PIPE, check=False
    )
    os.close(write)
    assert (done.returncode, done.stderr) == (128 + signal.SIGPIPE, b"")


def test_a_terminal_that_knows_ascii_alone():
    ascii_alone = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    code, out, err = shell(*SHOW, cwd=ROOT, **ascii_alone)
    assert (code, err) == (0, "")
    assert r"Paper: G\xf6ltz et al." in out


@pytest.mark.parametrize(
    ("command", "reader", "read"),
    [("schema", "head -n 1", "{\n"), ("list optimizers", "head -c 0", "")],
)
def test_a_reader_that_leaves_early_hears_no_complaint(command, reader, read):
    line = f"{sys.executable} -m snnrun {command} | {reader}"
    buffered = {name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"}
    done = subprocess.run(
        line, shell=True, capture_output=True, text=True, cwd=ROOT, env=buffered, check=False
    )
    assert (done.stdout, done.stderr) == (read, "")
