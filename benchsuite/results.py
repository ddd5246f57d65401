"""Writes what a race gave: a dated JSON file with every sample and a Markdown page with medians and ratios."""

import datetime
import json
import os
import platform
from collections.abc import Callable
from pathlib import Path

RUNS = Path(__file__).resolve().parent / "runs"


def machine() -> dict:
    cpu = memory = "?"
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            cpu = line.partition(":")[2].strip()
            break
    for line in Path("/proc/meminfo").read_text().splitlines():
        if line.startswith("MemTotal"):
            memory = f"{int(line.split()[1]) / 2**20:.1f} GiB"
    return {"cpu": cpu, "cores": os.cpu_count(), "memory": memory, "kernel": platform.release(), "system": platform.system()}


def free_stem(name: str) -> Path:
    """`runs/<date>-<name>`, or the same with a number when that day's run of that name is there."""
    stem = RUNS / f"{datetime.date.today().isoformat()}-{name}"
    number = 2
    candidate = stem
    while candidate.with_name(candidate.name + ".json").exists():
        candidate = stem.with_name(f"{stem.name}-{number}")
        number += 1
    return candidate


def ratio(ours: float, theirs: float) -> str:
    return f"{ours / theirs:.3g}" if theirs else "-"


def seconds(value: float) -> str:
    """Three decimals, or four of what takes less than a tenth of a second."""
    return f"{value:.3f}" if value >= 0.1 else f"{value:.4f}"


def page(result: dict) -> str:
    """The Markdown page. A ratio below one means that the first contestant took less."""
    contestants = result["contestants"]
    first_name, first = next(iter(contestants.items()))
    box, floor = result["machine"], result["peak_floor_mib"]
    lines = [
        f"# {result['race']}: {result['name']}",
        "",
        f"{result['date']}, {box['cpu']}, {box['cores']} cores, {box['memory']}, {box['system']} {box['kernel']}; "
        f"load average {result['load_before']} before, {result['load_after']} after. {result['runs']} runs of each after one warm-up, "
        "in turn.",
        "",
        "Input: " + ", ".join(f"{value} {key}" for key, value in result["input"].items()) + ".",
        "",
        f"| | CPU s (least to most) | user | system | wall s | peak MiB | {first_name} ÷ it: CPU | wall | peak |",
        "|---|--:|--:|--:|--:|--:|--:|--:|--:|",
    ]
    for name, figures in contestants.items():
        peak = f"{figures['peak_mib']:.1f}" if figures["peak_mib"] > floor + 1 else f"≤ {floor:.1f}"
        ratios = [ratio(first[key], figures[key]) for key in ("cpu", "wall", "peak_mib")]
        lines.append(
            f"| {name} | {seconds(figures['cpu'])} ({seconds(figures['cpu_least'])} to {seconds(figures['cpu_most'])}) | "
            f"{seconds(figures['user'])} | {seconds(figures['system'])} | {seconds(figures['wall'])} | {peak} | {' | '.join(ratios)} |"
        )
    lines += ["", "| | version | command | exit codes |", "|---|---|---|---|"]
    for name, figures in contestants.items():
        lines.append(f"| {name} | {figures['version']} | `{figures['command']}` | {', '.join(map(str, figures['exit_codes']))} |")
    return "\n".join(lines) + "\n"


def write(result: dict, page: Callable[[dict], str] = page) -> Path:
    RUNS.mkdir(exist_ok=True)
    stem = free_stem(result["name"])
    stem.with_name(stem.name + ".json").write_text(json.dumps(result, indent=1) + "\n")
    markdown = stem.with_name(stem.name + ".md")
    markdown.write_text(page(result))
    return markdown
