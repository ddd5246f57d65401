"""Races keyfuse over ranges of commits against `git log -p -U0` printing the same ranges, all in one run and in turn.

    range.py REPO [--commits 50] [--ranges 4] [--runs 7]

The ranges lie along the first parents of HEAD, evenly spread from the newest commit backwards; each is the shortest that holds at
least `--commits` commits, merged ones included. Writes `runs/<date>-range-<name>.json` and `.md`.
"""

import argparse
import datetime
import os
import statistics
import subprocess
import tempfile
from pathlib import Path

import measure
import results
import tools
from measure import Contestant
from tools import TOOLS, Tool

GIT_RANGE = Tool("git log -p", "GIT", {"version": "--version", "range": "-C {target} log -p -U0 {range}"})
KEYFUSE = TOOLS["keyfuse"]
KEYFUSE_RANGE = "git --range {range} --format json --report-path {report} {target}"


def git(repository: Path, *words: str) -> str:
    return subprocess.run(["git", "-C", str(repository), *words], check=True, capture_output=True, text=True).stdout


def range_at(repository: Path, line: list[str], start: int, commits: int) -> tuple[str, int] | None:
    """The shortest range along `line` that begins at its place `start` and holds `commits` commits, with how many it holds."""
    for end in range(start + 1, min(len(line), start + commits + 1)):
        count = int(git(repository, "rev-list", "--count", f"{line[end]}..{line[start]}"))
        if count >= commits:
            return f"{line[end]}..{line[start]}", count
    return None


def ranges_of(repository: Path, commits: int, number: int) -> list[tuple[str, int]]:
    line = git(repository, "rev-list", "--first-parent", "HEAD").split()
    places = [len(line) * place // number for place in range(number)]
    return [found for place in places if (found := range_at(repository, line, place, commits))]


def contestants(repository: Path, ranges: list[tuple[str, int]], reports: Path) -> list[Contestant]:
    field = []
    for place, (span, _) in enumerate(ranges, 1):
        values = {"target": str(repository), "range": span, "report": str(reports / "keyfuse.json")}
        words = [word.format_map(values) for word in KEYFUSE_RANGE.split()]
        field.append(Contestant(f"keyfuse {place}", [KEYFUSE.command("version")[0], *words], frozenset({0, 1}), KEYFUSE_RANGE))
        field.append(Contestant(f"git {place}", GIT_RANGE.command("range", **values), frozenset({0}), GIT_RANGE.shown("range")))
    return field


def page(result: dict) -> str:
    box = result["machine"]
    lines = [
        f"# range: {result['name']}", "",
        f"{result['date']}, {box['cpu']}, {box['cores']} cores, {box['memory']}, {box['system']} {box['kernel']}; load average "
        f"{result['load_before']} before, {result['load_after']} after. {result['runs']} runs of each after one warm-up, in turn; medians. "
        f"{result['versions']['keyfuse']}, {result['versions']['git']}.", "",
        "| range | commits | keyfuse CPU s | git log -p -U0 CPU s | ratio | keyfuse wall s | git wall s | keyfuse peak MiB | git peak MiB |",
        "|---|--:|--:|--:|--:|--:|--:|--:|--:|",
    ]
    for entry in result["ranges"]:
        ours, git_log = entry["keyfuse"], entry["git"]
        lines.append(
            f"| {entry['range'][:12]}…{entry['range'].split('..')[1][:12]} | {entry['commits']} | {ours['cpu']:.3f} | {git_log['cpu']:.3f} | "
            f"{ours['cpu'] / git_log['cpu']:.2f} | {ours['wall']:.3f} | {git_log['wall']:.3f} | {ours['peak_mib']:.0f} | {git_log['peak_mib']:.0f} |"
        )
    lines.append(f"\nMedian ratio of CPU: {result['median_ratio']:.2f}; the bar is 1.")
    return "\n".join(lines) + "\n"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("repository", type=Path)
    parser.add_argument("--commits", type=int, default=50)
    parser.add_argument("--ranges", type=int, default=4)
    parser.add_argument("--runs", type=int, default=7)
    parser.add_argument("--name", help="what the result is called (else: range and the last part of the path)")
    arguments = parser.parse_args()
    tools.end_tidily()
    repository = arguments.repository.resolve()
    ranges = ranges_of(repository, arguments.commits, arguments.ranges)
    if not ranges:
        raise SystemExit("the history is shorter than one range")
    load_before = os.getloadavg()[0]
    with tempfile.TemporaryDirectory(prefix="keyfuse-range-") as reports:
        samples = measure.race(contestants(repository, ranges, Path(reports)), arguments.runs)
    told = [
        {"range": span, "commits": count, **{name: measure.summary(samples[f"{name} {place}"]) for name in ("keyfuse", "git")}}
        for place, (span, count) in enumerate(ranges, 1)
    ]
    result = {
        "race": "range", "name": arguments.name or f"range-{repository.name}", "date": datetime.date.today().isoformat(),
        "machine": results.machine(), "load_before": f"{load_before:.2f}", "load_after": f"{os.getloadavg()[0]:.2f}",
        "runs": arguments.runs, "versions": {"keyfuse": KEYFUSE.version(), "git": GIT_RANGE.version()}, "ranges": told,
        "median_ratio": statistics.median(entry["keyfuse"]["cpu"] / entry["git"]["cpu"] for entry in told),
    }
    path = results.write(result, page)
    print(path.read_text())


if __name__ == "__main__":
    main()
