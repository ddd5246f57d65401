"""Lists where keyfuse and its peers differ over one tree: the lines that peers report and keyfuse does not, and the converse.

    compare.py TREE [--peers kingfisher,betterleaks,gitleaks] [--limit 50] [--outside-tests]

Two findings meet when their lines overlap, whatever their rules. Of a value at most the first four characters
and the length are shown.
"""

import argparse
from collections import Counter, defaultdict
from pathlib import Path

import reports
import tools
from reports import Reported
from tools import TOOLS, Tool

Place = tuple[str, int]


def by_place(found: list[Reported]) -> dict[Place, list[Reported]]:
    """Findings by the line at which they begin."""
    places: dict[Place, list[Reported]] = defaultdict(list)
    for one in found:
        places[one.path, one.line].append(one)
    return places


def without_match(found: list[Reported], others: list[Reported]) -> list[Reported]:
    """The findings of which no line is a line of one of the others."""
    covered = {place for other in others for place in other.lines()}
    return [one for one in found if covered.isdisjoint(one.lines())]


def tell(title: str, found: list[Reported], limit: int) -> None:
    """Counts by tool and rule, then the lines themselves."""
    places = by_place(found)
    print(f"\n## {title}: {len(places)} lines")
    for (tool, rule), count in Counter((one.tool, one.rule) for one in found).most_common(limit):
        print(f"    {count:6}  {tool} {rule}")
    print()
    for path, line in sorted(places)[:limit]:
        at_line = places[path, line]
        values = sorted({one.value for one in at_line if one.value})
        names = sorted({f"{one.tool}:{one.rule}" + (f" ({one.confidence})" if one.confidence else "") for one in at_line})
        print(f"{path}:{line}  {' '.join(values)}  {', '.join(names)}")
    if len(places) > limit:
        print(f"… and {len(places) - limit} more")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("tree", type=Path)
    parser.add_argument("--peers", default="kingfisher,betterleaks,gitleaks", help="the peers, with commas between")
    parser.add_argument("--limit", type=int, default=50, help="the most lines to list of each kind")
    parser.add_argument("--outside-tests", action="store_true", help="leave out paths of tests, docs and examples")
    arguments = parser.parse_args()

    tools.end_tidily()

    def scan(tool: Tool) -> list[Reported]:
        found = reports.scan(tool, arguments.tree)
        return [one for one in found if not (arguments.outside_tests and reports.of_tests(one.path))]

    ours = scan(TOOLS["keyfuse"])
    theirs = {tool.name: scan(tool) for tool in reports.chosen_tools(arguments.peers)}
    print(f"{'':<15} {'lines':>7} {'not keyfuse':>12} {'only keyfuse':>13}")
    print(f"{'keyfuse':<15} {len(by_place(ours)):7}")
    for name, found in theirs.items():
        missed, extra = without_match(found, ours), without_match(ours, found)
        print(f"{name:<15} {len(by_place(found)):7} {len(by_place(missed)):12} {len(by_place(extra)):13}")
    everything = [one for found in theirs.values() for one in found]
    tell("reported by a peer, not by keyfuse", without_match(everything, ours), arguments.limit)
    tell("reported by keyfuse, by no peer", without_match(ours, everything), arguments.limit)


if __name__ == "__main__":
    main()
