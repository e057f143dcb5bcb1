"""Lines of a message's own block: found by its block id, replaced only where they still stand as the program wrote them."""

from __future__ import annotations

import re
from collections.abc import Iterable

from tobs_tui.pipeline.records import BlockChange

_BLOCK_ID = re.compile(rb" \^m(\d+)\r?\n?\Z")


def swap_in_blocks(data: bytes, changes: Iterable[BlockChange], mark: int) -> tuple[bytes, int, int]:
    """`data` with lines of blocks replaced, where the place `mark` is then, and how many lines were."""
    wanted = {change.message_id: [(old.encode(), new.encode()) for old, new in change.lines] for change in changes}
    out, at, moved, count = [], 0, 0, 0
    pairs: list[tuple[bytes, bytes]] = []
    for line in data.splitlines(keepends=True):
        at += len(line)
        if found := _BLOCK_ID.search(line):
            pairs = wanted.get(int(found[1]), [])
        pair = next((pair for pair in pairs if pair[0] == line.removesuffix(b"\n")), None)
        if pair is None:
            out.append(line)
            continue
        pairs.remove(pair)
        new = pair[1] + b"\n" * line.endswith(b"\n")
        count += 1
        moved += (len(new) - len(line)) * (at <= mark)
        out.append(new)
    return b"".join(out), mark + moved, count
