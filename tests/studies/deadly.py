"""Workers of a sweep, one after another, some of whose runs end them as lack of memory does.

A process of its own, with one thread, for a process with several cannot be forked safely. Prints
how each worker ended: its exit code, or below 0 the signal, and the message.

    python -m tests.studies.deadly SWEEP RESULTS WORKERS [EPOCH ...]

Networks with three hidden neurons are deadly: to the first worker in its first batch after as many
epochs of its own as the first EPOCH says, to the second after those of the second, and so on.
"""

import json
import os
import signal
import sys
from pathlib import Path

import sklearn.datasets  # noqa: F401  imported once, for all workers

import snnrun.plots.style  # noqa: F401  the same
from snnrun.errors import SnnrunError
from snnrun.studies.running import sweep
from snnrun.training.loop import Training


def kill_after(epochs: int) -> None:
    """End this process in the first batch of a deadly network after so many epochs from now."""
    begin, step = Training.start, Training._step
    first: dict[Training, int] = {}

    def start(training, run):
        first[training] = training.at.epoch
        begin(training, run)

    def deadly(training, batch):
        size = training.experiment.model.layers[0].size
        if size == 3 and training.at.epoch == first[training] + epochs:
            os.kill(os.getpid(), signal.SIGKILL)
        step(training, batch)

    Training.start, Training._step = start, deadly


def work(path: Path, results: Path, epochs: list[int], tell: int) -> None:
    """Be one worker."""
    for each in epochs:
        kill_after(each)
    said = ""
    try:
        sweep(path, results=results)
    except SnnrunError as error:
        said = str(error)
    os.write(tell, said.encode())


def main() -> None:
    path, results, workers, *epochs = sys.argv[1:]
    ends = []
    for number in range(int(workers)):
        hear, tell = os.pipe()
        child = os.fork()
        if not child:
            code = 1
            try:
                deadly = [int(each) for each in epochs[number : number + 1]]
                work(Path(path), Path(results), deadly, tell)
                code = 0
            finally:
                os._exit(code)
        os.close(tell)
        code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        with os.fdopen(hear) as said:
            ends.append((code, said.read()))
    print(json.dumps(ends))


if __name__ == "__main__":
    main()
