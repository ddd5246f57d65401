"""The contestants: where each program lies and how it is asked for each kind of scan.

A program's place comes from the environment variable that its entry names (`KEYFUSE=/path/to/keyfuse`), else from PATH. A command
line is a template in which `{target}`, `{report}`, `{jobs}` and `{literal}` are filled in; `<VARIABLE>_<KIND>` in the environment
(`KEYFUSE_TREE="scan --format json --report-path {report} {target}"`) replaces one.
"""

import os
import shlex
import shutil
import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

# Stands in no input, so that ripgrep reads everything and prints nothing.
ABSENT_LITERAL = "QXkeyfuseZabsentW"


@dataclass(frozen=True)
class Tool:
    """A program, the exit codes of a run that went well, and its command line for each kind of scan that it can do.

    `inside`: it scans the folder that it is started in, and must be started there.
    """

    name: str
    variable: str
    templates: dict[str, str]
    exit_codes: frozenset[int] = frozenset({0})
    inside: bool = False

    def executable(self) -> str | None:
        return shutil.which(os.environ.get(self.variable, self.program()))

    def program(self) -> str:
        return self.variable.lower().replace("_", "-")

    def directory(self, kind: str, target: Path | None) -> Path | None:
        return target if self.inside and kind != "version" else None

    def template(self, kind: str) -> str | None:
        return os.environ.get(f"{self.variable}_{kind.upper()}", self.templates.get(kind))

    def command(self, kind: str, **values: str) -> list[str]:
        """The command line for one kind of scan; each word of the template is filled in on its own, so values may hold blanks."""
        executable, template = self.executable(), self.template(kind)
        if executable is None:
            raise SystemExit(f"{self.name} is not to be found: set {self.variable} to its binary")
        if template is None:
            raise SystemExit(f"{self.name} does no {kind} scan")
        return [executable, *(word.format_map(values) for word in shlex.split(template))]

    def shown(self, kind: str) -> str:
        """The command line as it is published: with placeholders in the stead of this machine's paths."""
        template = self.template(kind) or ""
        return f"{self.program()} {template}".replace("{", "<").replace("}", ">")

    def version(self) -> str:
        answer = subprocess.run(self.command("version"), capture_output=True, text=True, check=False)
        lines = (answer.stdout or answer.stderr).strip().splitlines()
        return lines[0] if lines else "?"


def tool(name: str, exit_codes: set[int], inside: bool = False, **templates: str) -> Tool:
    return Tool(name, name.upper().replace("-", "_"), {"version": "--version", **templates}, frozenset(exit_codes), inside)


KINGFISHER_OFFLINE = "scan --turbo --no-validate --no-update-check --quiet --jobs {jobs} --format json --output {report}"
GITLEAKS_QUIET = "--no-banner --log-level error --exit-code 0 --report-format json --report-path {report}"
BETTERLEAKS_QUIET = "--no-banner --no-color --silent --log-level error --exit-code 0 --output {report}"

TOOLS = {entry.name: entry for entry in (
    tool(
        "keyfuse", {0, 1, 3},
        tree="scan --no-ignore --format json --report-path {report} {target}",
        staged="git --staged --format json --report-path {report} {target}",
        history="git --no-cache --no-worktree --format json --report-path {report} {target}",
    ),
    # 200 and 205 tell of findings.
    tool(
        "kingfisher", {0, 200, 205},
        tree=f"{KINGFISHER_OFFLINE} --git-history none --max-file-size 0 {{target}}",
        staged=f"{KINGFISHER_OFFLINE} --staged {{target}}",
        history=f"{KINGFISHER_OFFLINE} --git-history full {{target}}",
        # Every occurrence, where a scan by default reports each value once.
        compare=f"{KINGFISHER_OFFLINE} --git-history none --no-dedup {{target}}",
    ),
    tool(
        "betterleaks", {0},
        tree=f"filesystem {BETTERLEAKS_QUIET} {{target}}",
        staged=f"git --staged {BETTERLEAKS_QUIET} {{target}}",
        history=f"git {BETTERLEAKS_QUIET} {{target}}",
    ),
    tool(
        "gitleaks", {0},
        tree=f"dir {GITLEAKS_QUIET} {{target}}",
        staged=f"git --staged {GITLEAKS_QUIET} {{target}}",
        history=f"git {GITLEAKS_QUIET} {{target}}",
    ),
    tool("ripsecrets", {0, 1}, tree="{target}"),
    tool("detect-secrets", {0}, inside=True, tree="scan --all-files --no-verify ."),
    # Exit code 1: nothing matched; 2: nothing matched and a file could not be read.
    tool("rg", {0, 1, 2}, tree="--no-config -uuu -j{jobs} -a --no-messages -c {literal} {target}"),
)}

# Git itself, once for each thing it does in a race: what no scanner of a history or an index can do without.
GIT_DIFF_CACHED = Tool("git diff --cached", "GIT", {"version": "--version", "staged": "-C {target} diff --cached -U0"})
GIT_CAT_FILE = Tool("git cat-file", "GIT", {
    "version": "--version",
    "history": "-C {target} cat-file --batch-all-objects --unordered --buffer --batch",
})
GIT_LOG = Tool("git log -p", "GIT", {"version": "--version", "history": "-C {target} log -p -U0 --all"})


def end_tidily() -> None:
    """Lets a script that is told to end leave no report and nothing staged behind."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
