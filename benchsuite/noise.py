"""Counts what a scanner reports about clean source trees, in lines per MB: the lower, the better it is to live with.

    noise.py TREE... [--tools keyfuse,kingfisher] [--list]

A reported line is a distinct pair of path and line at which a finding begins, at the tool's default confidence. A path is one of
tests and docs when a segment of it, in any case, is test, tests, testdata, t, spec, fixture(s), example(s), sample(s), doc(s) or
mock(s). MB are 10^6 bytes of regular files, `.git` left out. `--list` names the lines and their rules, never a value.
"""

import argparse
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import reports
import tools
from reports import Reported


@dataclass(frozen=True)
class Noise:
    """How many lines a tool reported in a tree of so many MB, in all and outside tests and docs."""

    megabytes: float
    lines: int
    outside: int

    def __add__(self, other: "Noise") -> "Noise":
        return Noise(self.megabytes + other.megabytes, self.lines + other.lines, self.outside + other.outside)

    def row(self, tool: str, tree: str) -> str:
        rate, rate_outside = (count / self.megabytes if self.megabytes else 0 for count in (self.lines, self.outside))
        return f"{tool:<15} {tree:<20} {self.megabytes:9.1f} {self.lines:8} {rate:9.3f} {self.outside:8} {rate_outside:9.3f}"


def noise_of(found: list[Reported], size: int) -> Noise:
    lines = reports.first_lines(found)
    return Noise(size / 1e6, len(lines), sum(not reports.of_tests(path) for path, _ in lines))


def tell_lines(found: list[Reported]) -> None:
    """The reported lines, those outside tests and docs first, each with its rules."""
    rules: dict[tuple[str, int], set[str]] = {}
    for one in found:
        rules.setdefault((one.path, one.line), set()).add(f"{one.rule} {one.confidence}".strip())
    for path, line in sorted(rules, key=lambda place: (reports.of_tests(place[0]), place)):
        mark = "tests" if reports.of_tests(path) else "     "
        print(f"    {mark}  {path}:{line}  {', '.join(sorted(rules[path, line]))}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("trees", type=Path, nargs="+", metavar="TREE")
    parser.add_argument("--tools", default="keyfuse", help="the scanners, with commas between")
    parser.add_argument("--list", action="store_true", help="name every reported line and its rules")
    arguments = parser.parse_args()
    tools.end_tidily()
    sizes = {tree: reports.tree_size(tree) for tree in arguments.trees}
    print(f"{'tool':<15} {'tree':<20} {'MB':>9} {'lines':>8} {'per MB':>9} {'outside':>8} {'per MB':>9}")
    for tool in reports.chosen_tools(arguments.tools):
        total, by_rule = Noise(0, 0, 0), Counter()
        for tree in arguments.trees:
            found = reports.scan(tool, tree)
            noise = noise_of(found, sizes[tree])
            total += noise
            by_rule.update(rule for _, rule in {((one.path, one.line), one.rule) for one in found})
            print(noise.row(tool.name, tree.resolve().name), flush=True)
            if arguments.list:
                tell_lines(found)
        print(total.row(tool.name, "all"))
        for rule, count in by_rule.most_common():
            print(f"    {count:6}  {rule}")


if __name__ == "__main__":
    main()
