"""What it costs to start a command: CPU time (user + system) as a multiple of ``python -c pass``.

Every command runs in fresh processes, in turn with the bare interpreter; the median counts.

    python benchmarks/cli_startup.py > cli_startup.csv
"""

import resource
import statistics
import subprocess
import sys

ROUNDS = 9
MODULE = [sys.executable, "-m", "snnrun"]
CONFIG = "configs/first_spike_yin_yang.yaml"
COMMANDS = {
    "python -c pass": [sys.executable, "-c", "pass"],
    "snnrun --version": [*MODULE, "--version"],
    "snnrun --help": [*MODULE, "--help"],
    "snnrun list": [*MODULE, "list"],
    "snnrun show first_spike": [*MODULE, "show", "first_spike"],
    "snnrun validate CONFIG": [*MODULE, "validate", CONFIG],
    "snnrun schema": [*MODULE, "schema"],
}


def cpu_seconds(command: list[str]) -> float:
    """Return the CPU time of one run of ``command``."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, stdout=subprocess.DEVNULL, check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def main() -> None:
    """Print a table: command, milliseconds of CPU, ratio to the bare interpreter."""
    for command in COMMANDS.values():
        cpu_seconds(command)
    samples = {name: [] for name in COMMANDS}
    for _ in range(ROUNDS):
        for name, command in COMMANDS.items():
            samples[name].append(cpu_seconds(command))
    bare = statistics.median(samples["python -c pass"])
    print("command,cpu_ms,ratio")
    for name, seconds in samples.items():
        median = statistics.median(seconds)
        print(f"{name},{1000 * median:.0f},{median / bare:.1f}")


if __name__ == "__main__":
    main()
