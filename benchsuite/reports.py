"""Runs scanners over a tree and reads their reports into one form: path, lines, rule and a redacted value.

A peer's report may hold what it found in the clear. It goes to a folder under the system's temporary folder that only this user can
read and that is gone once the report has been read; what is kept of a value is at most its first four characters and its length.
"""

import json
import os
import re
import subprocess
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from tools import TOOLS, Tool

SHOWN_CHARACTERS = 4

TEST_SEGMENTS = frozenset(
    "test tests testdata t spec fixture fixtures example examples sample samples doc docs mock mocks".split()
)


@dataclass(frozen=True)
class Reported:
    """One finding of one tool. The path is relative to the tree that was scanned."""

    tool: str
    path: str
    line: int
    end_line: int
    rule: str
    value: str
    confidence: str = ""

    def lines(self) -> Iterator[tuple[str, int]]:
        return ((self.path, line) for line in range(self.line, self.end_line + 1))


def redacted(value: str) -> str:
    """The first characters of a value, never more than a quarter of it, and its length."""
    if not value:
        return ""
    shown = value[:min(SHOWN_CHARACTERS, len(value) // 4)]
    return f"{''.join(c if c.isprintable() else '.' for c in shown)}…({len(value)})"


def of_tests(path: str) -> bool:
    """Whether a path is one of tests, documentation or examples by one of its segments."""
    return any(segment.lower() in TEST_SEGMENTS for segment in path.split("/"))


def tree_size(tree: Path) -> int:
    """The bytes of the regular files below a folder, a `.git` left out."""
    size = 0
    for folder, folders, names in os.walk(tree):
        folders[:] = [name for name in folders if name != ".git"]
        for name in names:
            path = os.path.join(folder, name)
            if not os.path.islink(path):
                size += os.path.getsize(path)
    return size


def read_keyfuse(text: str) -> Iterator[Reported]:
    for found in json.loads(text)["findings"]:
        yield Reported("keyfuse", found["path"], found["line"], found.get("end_line") or found["line"], found["rule"],
                       found.get("preview") or "", found.get("confidence") or "")


def read_kingfisher(text: str) -> Iterator[Reported]:
    for entry in json.loads(text)["findings"]:
        found = entry["finding"]
        yield Reported("kingfisher", found["path"], found["line"], found["line"], entry["rule"]["id"], redacted(found["snippet"]),
                       found["confidence"])


def read_betterleaks(text: str) -> Iterator[Reported]:
    for found in json.loads(text)["findings"]:
        place = found["location"]
        # A finding about a file as a whole has no line.
        line = place.get("start_line", 1)
        yield Reported("betterleaks", place["path"], line, place.get("end_line", line), found["rule_id"],
                       redacted(found["match"]["value"]), found.get("confidence", ""))


def read_gitleaks(text: str) -> Iterator[Reported]:
    for found in json.loads(text):
        yield Reported("gitleaks", found["File"], found["StartLine"], found["EndLine"], found["RuleID"], redacted(found["Secret"]))


def read_ripsecrets(text: str) -> Iterator[Reported]:
    for row in text.splitlines():
        parts = re.match(r"(.+?):(\d+):(.*)", row)
        if parts:
            line = int(parts[2])
            yield Reported("ripsecrets", parts[1], line, line, "line", redacted(parts[3].strip()))


def read_detect_secrets(text: str) -> Iterator[Reported]:
    for path, entries in json.loads(text)["results"].items():
        for found in entries:
            yield Reported("detect-secrets", path, found["line_number"], found["line_number"], found["type"], "")


READERS = {
    "keyfuse": read_keyfuse,
    "kingfisher": read_kingfisher,
    "betterleaks": read_betterleaks,
    "gitleaks": read_gitleaks,
    "ripsecrets": read_ripsecrets,
    "detect-secrets": read_detect_secrets,
}


def relative(path: str, tree: Path) -> str:
    """A reported path as seen from the tree, whether the tool told it from there, from the root or from where it was started."""
    if not os.path.isabs(path):
        return os.path.normpath(path)
    return os.path.relpath(path, tree)


def scan(tool: Tool, tree: Path) -> list[Reported]:
    """What one tool reports about a tree."""
    tree = tree.resolve()
    kind = "compare" if tool.template("compare") else "tree"
    with tempfile.TemporaryDirectory(prefix="keyfuse-report-") as folder:
        report = Path(folder) / "report.json"
        command = tool.command(kind, target=str(tree), report=str(report), jobs=str(os.cpu_count()))
        with (Path(folder) / "output").open("w+b") as output:
            code = subprocess.run(command, cwd=tool.directory(kind, tree), stdin=subprocess.DEVNULL, stdout=output,
                                  stderr=subprocess.DEVNULL, umask=0o077, check=False).returncode
            if code not in tool.exit_codes:
                raise SystemExit(f"{tool.name} ended with exit code {code}: {tool.shown(kind)}")
            output.seek(0)
            content = report.read_bytes() if report.exists() else output.read()
    return [
        Reported(found.tool, relative(found.path, tree), found.line, max(found.line, found.end_line), found.rule, found.value,
                 found.confidence)
        for found in READERS[tool.name](content.decode(errors="replace"))
    ]


def chosen_tools(names: str) -> list[Tool]:
    """The tools of a list with commas, which must be ones whose report can be read."""
    wanted = [name for name in names.split(",") if name]
    unknown = sorted(set(wanted) - set(READERS))
    if unknown:
        raise SystemExit(f"unknown tools: {', '.join(unknown)}; known are {', '.join(READERS)}")
    return [TOOLS[name] for name in wanted]


def first_lines(reported: Iterable[Reported]) -> set[tuple[str, int]]:
    """The distinct lines on which findings begin."""
    return {(found.path, found.line) for found in reported}
