"""Runs commands and measures them: CPU time and peak memory from `wait4`, wall time from the monotonic clock."""

import os
import shutil
import signal
import statistics
import subprocess
import sys
from dataclasses import asdict, dataclass
from pathlib import Path

RUNNER = Path(__file__).resolve().parent / "runner.py"


@dataclass(frozen=True)
class Contestant:
    """One command in a race. `shown` is the command as it is published, without paths of this machine."""

    name: str
    command: list[str]
    exit_codes: frozenset[int]
    shown: str
    directory: Path | None = None


@dataclass(frozen=True)
class Sample:
    """What one run took. CPU is that of the process and of the children it waited for; the peak is that of its largest process."""

    user: float
    system: float
    wall: float
    peak_mib: float
    exit_code: int

    @property
    def cpu(self) -> float:
        return self.user + self.system


def run_once(contestant: Contestant) -> Sample:
    """Runs a command with its output thrown away; a run that failed ends the race, for its figures would mean nothing."""
    runner = subprocess.Popen([sys.executable, "-I", "-S", RUNNER, *contestant.command], cwd=contestant.directory, process_group=0,
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True)
    try:
        answer, _ = runner.communicate()
    except BaseException:
        # The whole group, so that nobody writes a report into a folder that is being removed.
        os.killpg(runner.pid, signal.SIGKILL)
        runner.wait()
        raise
    user, system, wall, peak_kib, exit_code, ended_by = map(float, answer.split())
    if ended_by:
        raise SystemExit(f"{contestant.name} was ended by signal {ended_by:.0f}: {contestant.shown}")
    if int(exit_code) not in contestant.exit_codes:
        raise SystemExit(f"{contestant.name} ended with exit code {exit_code:.0f}: {contestant.shown}")
    return Sample(user, system, wall, peak_kib / 1024, int(exit_code))


def peak_floor() -> float:
    """The least peak that `run_once` can tell, in MiB: a child counts the runner's memory until it becomes its own program."""
    nothing = Contestant("true", [shutil.which("true") or "true"], frozenset({0}), "true")
    return max(run_once(nothing).peak_mib for _ in range(3))


def race(contestants: list[Contestant], runs: int, tell=print) -> dict[str, list[Sample]]:
    """Measures the contestants in turn, round by round, so that a slow minute of the machine falls on all of them."""
    samples: dict[str, list[Sample]] = {contestant.name: [] for contestant in contestants}
    for number in range(runs + 1):
        for contestant in contestants:
            sample = run_once(contestant)
            warm_up = number == 0
            if not warm_up:
                samples[contestant.name].append(sample)
            tell(f"{'warm-up' if warm_up else f'run {number}':>8}  {contestant.name:<20} cpu {sample.cpu:9.3f} s  "
                 f"wall {sample.wall:9.3f} s  peak {sample.peak_mib:8.1f} MiB")
    return samples


def summary(samples: list[Sample]) -> dict:
    """The medians of a contestant's samples, the spread of its CPU, and the samples themselves."""
    cpu = [sample.cpu for sample in samples]
    return {
        "cpu": statistics.median(cpu),
        "cpu_least": min(cpu),
        "cpu_most": max(cpu),
        "user": statistics.median(sample.user for sample in samples),
        "system": statistics.median(sample.system for sample in samples),
        "wall": statistics.median(sample.wall for sample in samples),
        "peak_mib": statistics.median(sample.peak_mib for sample in samples),
        "exit_codes": sorted({sample.exit_code for sample in samples}),
        "samples": [asdict(sample) for sample in samples],
    }
