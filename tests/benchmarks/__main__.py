"""All benchmarks, or those that are named: a table, and a JSON file to compare versions by."""

from __future__ import annotations

import os
import platform
import sys
import time
from collections.abc import Callable
from pathlib import Path

import click
import orjson

from tests.benchmarks import rendering, runs
from tests.benchmarks.runs import Figures
from tobs_tui import __version__

# Bytes of the file that two chats are read beside, bytes a second of each connection, and a limit for both chats together.
FILE = 200_000_000
LINE = 4_000_000
TEN = {runs.HISTORY: {"requests": 10, "seconds": 1}}

CASES: dict[str, tuple[str, str, Callable[[int], Figures]]] = {
    "trip50": ("50 ms round trip, by bare", ">= 5", lambda n: runs.against_bare(20_000, n, rtt_ms=50)),
    "trip0": ("no round trip, by bare", ">= 0.8", lambda n: runs.against_bare(20_000, n)),
    "sliding": ("30 in any 30 s, 3 min", ">= 0.97", lambda _: runs.governed(30, 30, 6)),
    "fixed": ("30 in each 30 s, 3 min", ">= 0.97", lambda _: runs.governed(30, 30, 6, fixed=True)),
    "rate96": ("48 in any 5 s, takeout, 3 min", ">= 0.97", lambda _: runs.governed(48, 5, 36, takeout=True)),
    "fair": ("2 chats and a file, 50 ms", ">= 0.9", lambda n: runs.fairness(FILE, 400_000, n, rtt_ms=50, bandwidth=LINE)),
    "fairlimit": ("the same, 10 pages/s", ">= 0.9", lambda n: runs.fairness(FILE, 60_000, n, rtt_ms=50, bandwidth=LINE, limits=TEN)),
    "memory": ("memory, 200,000 by 20,000", "<= 1.15", lambda _: runs.memory(20_000, 200_000, 10_000)),
    "rendering": ("rendering by decoding a page", "<= 30 us", lambda n: rendering.against_decoding(20_000, n)),
    "screen": ("with the screen by without", ">= 0.95", lambda n: runs.screen_cost(50_000, n)),
}


@click.command()
@click.argument("names", nargs=-1, type=click.Choice(list(CASES)))
@click.option("--rounds", default=5, show_default=True, help="Runs of each comparison; the median counts.")
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), default=Path("benchmarks.json"), show_default=True)
def main(names: tuple[str, ...], rounds: int, out: Path) -> None:
    """Measure, print a table of ratios, and write all figures to a JSON file."""
    results: dict[str, Figures] = {}
    click.echo(f"{'':<10}{'':<28}{'ratio':>8}  {'bar':<8}")
    for name in names or CASES:
        title, bar, measure = CASES[name]
        results[name] = figures = measure(rounds)
        click.echo(f"{name:<10}{title:<28}{figures['ratio']:>8.3f}  {bar:<8}  {_details(figures)}")
        head = {"version": __version__, "python": platform.python_version(), "cores": os.cpu_count(), "at": time.time()}
        out.write_bytes(orjson.dumps(head | {"results": results}, option=orjson.OPT_INDENT_2))
    sys.stdout.flush()


def _details(figures: Figures) -> str:
    """What the ratio is of: messages a second, CPU microseconds a message, peak memory, requests."""
    parts = []
    for kind in ("bare", "export", "screen"):
        if each := figures.get(kind):
            last = each[-1]
            cpu = 1e6 * last["cpu"] / max(1, last["messages"])
            parts.append(f"{kind}: {last['rate']:,.0f}/s, {cpu:.0f} us, {last['memory'] / 1e6:.0f} MB, {last['served']} requests")
    if "render_us" in figures:
        parts.append(f"rendering {figures['render_us']:.1f} us a message in the median, decoding {figures['decode_us']:.1f}")
    if "granted" in figures:
        parts.append(f"{figures['granted']} of {figures['allowed']} granted, floods that refused {figures['floods']} requests")
        parts.append(f"{figures['in_takeout']:.0%} in a takeout")
    parts += [", ".join(f"{who} {share:.2f}" for who, share in shares.items()) for shares in figures.get("shares", ())]
    return "; ".join(parts)


if __name__ == "__main__":
    main()
