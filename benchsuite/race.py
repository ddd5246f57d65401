"""Races keyfuse against its peers and against what the task itself costs, all in one run and in turn.

    race.py tree    TREE    [--peers kingfisher,ripsecrets]     every file below a folder, against ripgrep reading the same
    race.py large   FILE    [--peers kingfisher]                one large file, against ripgrep reading the same
    race.py hook    REPO    [--peers gitleaks]                  one staged file in a repository, against `git diff --cached`
    race.py history REPO    [--peers kingfisher]                all of a history, against `git cat-file` and `git log -p`
    race.py again   REPO                        a second sweep with nothing new, against the first
    race.py handoff TREE                        a scan with `--handoff`, with nothing to hand off and with one, against one without
    race.py start           [--peers rg,kingfisher]             `--version`
    race.py growth  TREE --config KEYFUSE_TOML                  keyfuse with its own rules against keyfuse with those and many more

README.md says where the programs are looked for and what the figures mean.
"""

import argparse
import contextlib
import datetime
import os
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import handoff
import measure
import results
import tools
from measure import Contestant
from tools import ABSENT_LITERAL, GIT_CAT_FILE, GIT_DIFF_CACHED, GIT_LOG, TOOLS, Tool

GROWN = "keyfuse, more rules"
# keyfuse with what an earlier sweep learned.
AGAIN = "keyfuse, again"
STAGED_NAME = "benchsuite-staged.py"
STAGED_TEXT = "\n".join(f'def function_{number}(value):\n    return {{"token": value, "number": {number}}}\n' for number in range(60))


def contestant(tool: Tool, kind: str, target: Path | None, jobs: int, reports: Path) -> Contestant:
    report = reports / f"{tool.name.replace(' ', '-')}.json"
    values = {"target": str(target), "report": str(report), "jobs": str(jobs), "literal": ABSENT_LITERAL}
    return Contestant(tool.name, tool.command(kind, **values), tool.exit_codes, tool.shown(kind),
                      tool.directory(kind, target))


def facts_of_tree(target: Path) -> dict[str, str]:
    """How many regular files, and of how many bytes, a scan of a file or folder has before it."""
    if target.is_file():
        return {"file": "1", "MB": f"{target.stat().st_size / 1e6:.1f}"}
    count = size = 0
    for folder, _, names in os.walk(target):
        for name in names:
            path = os.path.join(folder, name)
            if not os.path.islink(path):
                count += 1
                size += os.path.getsize(path)
    return {"files": str(count), "MB": f"{size / 1e6:.1f}"}


def git(repository: Path, *words: str) -> str:
    return subprocess.run(["git", "-C", str(repository), *words], check=True, capture_output=True, text=True).stdout


def facts_of_repository(repository: Path) -> dict[str, str]:
    counts = dict(line.split(": ") for line in git(repository, "count-objects", "-v").splitlines())
    return {
        "commits": git(repository, "rev-list", "--all", "--count").strip(),
        "objects": str(int(counts["count"]) + int(counts["in-pack"])),
        "MB packed": f"{int(counts['size-pack']) / 1e3:.1f}",
        "tracked files": str(len(git(repository, "ls-files", "-z").split("\0")) - 1),
    }


@contextlib.contextmanager
def one_staged_file(repository: Path) -> Iterator[None]:
    """Stages one new file for the time of the race; refuses to touch a repository that has something staged already."""
    if git(repository, "diff", "--cached", "--name-only"):
        raise SystemExit("the repository has staged changes already: the hook race wants one without")
    path = repository / STAGED_NAME
    path.write_text(STAGED_TEXT)
    try:
        git(repository, "add", "--force", STAGED_NAME)
        yield
    finally:
        git(repository, "reset", "--quiet", "--", STAGED_NAME)
        path.unlink()


def grown(plain: Contestant, config: Path) -> Contestant:
    """keyfuse with a configuration file that brings further rules."""
    return Contestant(GROWN, [*plain.command, "--config", str(config)], plain.exit_codes, f"{plain.shown} --config <config>")


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("race", choices=["tree", "large", "hook", "history", "again", "handoff", "start", "growth"])
    parser.add_argument("target", type=Path, nargs="?", help="the folder, file or repository")
    parser.add_argument("--peers", default="", help="further contestants, by name, with commas between: " + ", ".join(TOOLS))
    parser.add_argument("--only-peers", action="store_true", help="leave keyfuse out, to measure the others alone")
    parser.add_argument("--runs", type=int, default=5, help="measured runs of each contestant, after one warm-up")
    parser.add_argument("--jobs", type=int, default=os.cpu_count(), help="threads for the programs that take a number")
    parser.add_argument("--name", help="what the result is called (else: the race and the last part of the target)")
    parser.add_argument("--config", type=Path, help="growth: the keyfuse.toml with the further rules")
    arguments = parser.parse_args()
    if (arguments.target is None) != (arguments.race == "start"):
        parser.error(f"{arguments.race} takes {'no target' if arguments.race == 'start' else 'a target'}")
    if (arguments.config is None) == (arguments.race == "growth"):
        parser.error("--config belongs to growth, and growth needs it")
    if arguments.target is not None and not arguments.target.exists():
        parser.error("there is no such target")
    return arguments


def contestants_of(arguments: argparse.Namespace, reports: Path) -> list[Contestant]:
    """keyfuse first, for ratios are against the first; then what the task itself costs; then the peers asked for."""
    race = arguments.race
    kind = {"hook": "staged", "history": "history", "again": "history", "start": "version"}.get(race, "tree")
    baselines = {"tree": [TOOLS["rg"]], "large": [TOOLS["rg"]], "hook": [GIT_DIFF_CACHED], "history": [GIT_CAT_FILE, GIT_LOG]}
    peers = [name for name in arguments.peers.split(",") if name]
    unknown = sorted(set(peers) - set(TOOLS))
    if unknown:
        raise SystemExit(f"unknown peers: {', '.join(unknown)}")
    ours = [] if arguments.only_peers else [TOOLS["keyfuse"]]
    chosen = ours + baselines.get(race, []) + [TOOLS[name] for name in peers]
    field = [contestant(tool, kind, arguments.target, arguments.jobs, reports) for tool in chosen]
    if race == "again":
        # The warm-up fills the memory that all measured runs then find.
        first = field[0]
        command = [word for word in first.command if word != "--no-cache"]
        field.append(Contestant(AGAIN, command, first.exit_codes, first.shown.replace(" --no-cache", "")))
    if race == "growth":
        field.append(grown(field[0], arguments.config))
    if not field:
        raise SystemExit("nobody races")
    return field


def versions() -> dict[str, str]:
    """The version of every program that can be found, by the name that its contestants bear."""
    known = {tool.name: tool for tool in (*TOOLS.values(), GIT_DIFF_CACHED, GIT_CAT_FILE, GIT_LOG) if tool.executable()}
    found = {name: tool.version() for name, tool in known.items()}
    if "keyfuse" in found:
        found[GROWN] = found["keyfuse"]
        found.update(dict.fromkeys([AGAIN, handoff.NOTHING, handoff.ONE], found["keyfuse"]))
    return found


def main() -> None:
    arguments = parse()
    tools.end_tidily()
    target, in_repository = arguments.target, arguments.race in ("hook", "history", "again")
    if target is None:
        facts = {"command": "--version"}
    else:
        facts = facts_of_repository(target) if in_repository else facts_of_tree(target)
    load_before = os.getloadavg()[0]
    staged = one_staged_file(target) if arguments.race == "hook" else contextlib.nullcontext()
    # Peers' reports may hold what they found: they go to a folder that only this user can read and that does not stay.
    with tempfile.TemporaryDirectory(prefix="keyfuse-race-") as reports, staged, contextlib.ExitStack() as started:
        if arguments.race == "handoff":
            field = started.enter_context(handoff.contestants(TOOLS["keyfuse"], target.resolve(), Path(reports)))
        else:
            field = contestants_of(arguments, Path(reports))
        samples = measure.race(field, arguments.runs)
        if arguments.race == "handoff" and handoff.Receiver.taken != arguments.runs + 1:
            raise SystemExit(f"{handoff.Receiver.taken} notices came in {arguments.runs + 1} runs: the figures mean something else")
    found = versions()
    result = {
        "race": arguments.race,
        "name": arguments.name or "-".join(filter(None, [arguments.race, target and target.resolve().name])),
        "date": datetime.date.today().isoformat(),
        "machine": results.machine(),
        "load_before": f"{load_before:.2f}",
        "load_after": f"{os.getloadavg()[0]:.2f}",
        "runs": arguments.runs,
        "jobs": arguments.jobs,
        "input": facts,
        "peak_floor_mib": measure.peak_floor(),
        "contestants": {
            entry.name: {"version": found[entry.name], "command": entry.shown, **measure.summary(samples[entry.name])} for entry in field
        },
    }
    path = results.write(result)
    print(path.read_text())
    print(f"written: {path.parent.name}/{path.stem}.json and .md")


if __name__ == "__main__":
    main()
