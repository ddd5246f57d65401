"""Compares the delta-aware sweep of a history with a full scan of every content: the same findings, and what each takes.

    history.py REPO [--confidence low] [--runs 1]

Both are run on the same repository with the same program. A finding is compared by object, path, rule, place and confidence; the
secrets themselves are in no report. Beside them run `git cat-file` (every object once) and `git log -p`, for the ratios.
"""

import argparse
import json
import tempfile
from pathlib import Path

import measure
from measure import Contestant
from tools import GIT_CAT_FILE, GIT_LOG, TOOLS

KEYS = ("object", "path", "members", "rule", "start", "end", "confidence")


def findings(report: Path) -> set[str]:
    entries = json.loads(report.read_text())["findings"]
    return {json.dumps({key: entry.get(key) for key in KEYS}, sort_keys=True) for entry in entries}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("repository", type=Path)
    parser.add_argument("--confidence", default="low", choices=["low", "medium", "high"])
    parser.add_argument("--runs", type=int, default=1, help="measured runs of each, after one warm-up")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="keyfuse-history-") as folder:
        reports = {name: Path(folder) / f"{name}.json" for name in ("quick", "full")}
        field = []
        for name, flags in (("quick", []), ("full", ["--full-scan"])):
            words = TOOLS["keyfuse"].command("history", target=str(arguments.repository), report=str(reports[name]))
            words += ["--no-worktree", "--confidence", arguments.confidence, *flags]
            field.append(Contestant(name, words, frozenset({0, 1, 3}), " ".join(["keyfuse git", *flags])))
        for tool in (GIT_CAT_FILE, GIT_LOG):
            words = tool.command("history", target=str(arguments.repository))
            field.append(Contestant(tool.name, words, tool.exit_codes, tool.shown("history")))
        samples = measure.race(field, arguments.runs)
        quick, full = findings(reports["quick"]), findings(reports["full"])
    for missed in sorted(full - quick)[:20]:
        print("missed:", missed)
    for invented in sorted(quick - full)[:20]:
        print("invented:", invented)
    ours = measure.summary(samples["quick"])
    for name, figures in ((name, measure.summary(taken)) for name, taken in samples.items()):
        print(f"{name:<14} cpu {figures['cpu']:8.3f} s  wall {figures['wall']:8.3f} s  peak {figures['peak_mib']:7.1f} MiB  "
              f"quick ÷ it {ours['cpu'] / figures['cpu']:.2f}")
    print(f"{len(quick)} findings, {len(full)} in full")
    raise SystemExit(quick != full)


if __name__ == "__main__":
    main()
