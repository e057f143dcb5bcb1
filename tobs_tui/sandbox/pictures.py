"""Small pictures that a viewer can show: what the account's photos begin with.

They are PNGs of 160 x 120 pixels in 16 colours, not compressed, so that their bytes are the same with every zlib.
"""

from __future__ import annotations

import random
import struct
import zlib

from tobs_tui.sandbox.seeding import rng

WIDTH, HEIGHT = 160, 120


def picture(seed: int) -> bytes:
    """A picture of hills under a sky, all of it from `seed`."""
    chance = rng("picture", seed)
    rows = b"".join(b"\0" + row for row in _rows(chance))
    header = struct.pack(">IIBBBBB", WIDTH, HEIGHT, 4, 3, 0, 0, 0)
    chunks = (_chunk(b"IHDR", header), _chunk(b"PLTE", _palette(chance)), _chunk(b"IDAT", _stored(rows)), _chunk(b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)


def _rows(chance: random.Random) -> list[bytes]:
    """Each row is a sky of bands down to the hills, which rise and fall in steps of 8 pixels."""
    hills = [chance.randint(HEIGHT // 3, HEIGHT - 10)]
    while len(hills) < WIDTH // 8:
        hills.append(min(HEIGHT - 5, max(HEIGHT // 4, hills[-1] + chance.randint(-12, 12))))
    return [b"".join(_step(y, top) for top in hills) for y in range(HEIGHT)]


def _step(y: int, top: int) -> bytes:
    """Eight pixels of one row, two to a byte."""
    colour = min(15, 8 + (y - top) // 10) if y >= top else y // 15
    return bytes((colour * 17,)) * 4


def _palette(chance: random.Random) -> bytes:
    sky, land = chance.randrange(256), chance.randrange(256)
    cool = [bytes((sky // 2 + 10 * i, 100 + 15 * i, 255 - 8 * i)) for i in range(8)]
    warm = [bytes((20 + 15 * i, 160 - 12 * i, land // 4 + 5 * i)) for i in range(8)]
    return b"".join(cool + warm)


def _stored(data: bytes) -> bytes:
    """A zlib stream of blocks that are not compressed (RFC 1950, 1951)."""
    blocks = [data[i : i + 65535] for i in range(0, len(data), 65535)]
    body = b"".join(struct.pack("<BHH", block is blocks[-1], len(block), len(block) ^ 0xFFFF) + block for block in blocks)
    return b"\x78\x01" + body + struct.pack(">I", zlib.adler32(data))


def _chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
