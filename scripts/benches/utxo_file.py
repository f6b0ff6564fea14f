"""A dump file like mainnet's, as large as wanted: one page of coins drawn by chance, then repeated with other contents.

A page is long enough that no processor learns it by heart. What repeats is only sizes and amounts; transaction ids
ascend, and all hashes and keys are new in each copy. Kinds of scripts and sizes of transactions are drawn as they lie
on mainnet (2025).
"""

from __future__ import annotations

import random
import struct
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from chains.utxo.dump.compressed import amount_code, varint

BLOCK_HASH, HEIGHT = "11" * 32, 900_000
PAGE_COINS, BATCH_PAGES, SEED = 10_000, 40, 5
_OUTPUTS, _OUTPUT_SHARES = (1, 2, 3, 8), (0.72, 0.18, 0.05, 0.05)
_WATCHED_SHARE = 0.01


class _Kind(NamedTuple):
    """``form``: what stands before the hash or key in the file; ``script``: the scriptPubKey, None: never watched."""

    share: float
    form: bytes
    size: int
    script: bytes | None


_KINDS = (
    _Kind(0.27, b"\0", 20, b"\x76\xa9\x14%s\x88\xac"),
    _Kind(0.095, b"\1", 20, b"\xa9\x14%s\x87"),
    _Kind(0.27, b"\x1c\x00\x14", 20, b"\x00\x14%s"),
    _Kind(0.015, b"\x28\x00\x20", 32, b"\x00\x20%s"),
    _Kind(0.335, b"\x28\x51\x20", 32, b"\x51\x20%s"),
    _Kind(0.0005, b"\2", 32, None),  # P2PK
    _Kind(0.0145, b"\x4d", 71, None),  # multisig, one of two
)
_WATCHABLE = _KINDS[:-2]


class File(NamedTuple):
    """``coins`` hold ``total`` base units; those of ``scripts`` among them, ``held``."""

    path: Path
    coins: int
    total: int
    held: int
    scripts: list[bytes]


class _Page:
    """``txids``: places of transaction ids. ``free``, ``watched``: places of hashes and keys, by kind."""

    def __init__(self, chance: random.Random) -> None:
        self.data = bytearray()
        self.txids: list[int] = []
        self.free: dict[_Kind, list[int]] = {kind: [] for kind in _KINDS}
        self.watched: dict[_Kind, list[int]] = {kind: [] for kind in _KINDS}
        self.total = self.held = 0
        left = PAGE_COINS
        while left:
            outputs = min(left, *chance.choices(_OUTPUTS, _OUTPUT_SHARES))
            self.txids.append(len(self.data))
            self.data += bytes(32) + bytes([outputs])
            for vout in range(outputs):
                self._coin(chance, vout)
            left -= outputs

    def _coin(self, chance: random.Random, vout: int) -> None:
        (kind,) = chance.choices(_KINDS, [kind.share for kind in _KINDS])
        amount = chance.choice((546, 330, 1_000 + int(chance.random() ** 3 * 50_000_000)))
        is_watched = kind.script is not None and chance.random() < _WATCHED_SHARE
        code = chance.randrange(100_000, HEIGHT - 100) << 1
        self.data += bytes([vout]) + varint(code) + varint(amount_code(amount)) + kind.form
        (self.watched if is_watched else self.free)[kind].append(len(self.data))
        self.data += bytes(kind.size)
        self.total += amount
        self.held += amount if is_watched else 0


def write(path: Path, *, coins: int, scripts: int) -> File:
    """At least so many coins: whole pages."""
    pages, page, chance = -(-coins // PAGE_COINS), _Page(random.Random(SEED)), np.random.default_rng(SEED)
    each = -(-scripts // len(_WATCHABLE))
    hashes = {kind: chance.integers(0, 256, (each, kind.size), np.uint8) for kind in _WATCHABLE}
    with path.open("wb") as file:
        file.write(b"utxo\xff" + struct.pack("<H", 2) + bytes.fromhex("f9beb4d9") + bytes.fromhex(BLOCK_HASH))
        file.write(struct.pack("<Q", pages * PAGE_COINS))
        for first in range(0, pages, BATCH_PAGES):
            numbers = np.arange(first, min(pages, first + BATCH_PAGES))
            _copies(chance, page, numbers, pages, hashes).tofile(file)
    watched = [(kind.script or b"") % row.tobytes() for kind, rows in hashes.items() for row in rows]
    return File(path, pages * PAGE_COINS, pages * page.total, pages * page.held, watched[:scripts])


def _copies(
    chance: np.random.Generator,
    page: _Page,
    numbers: NDArray[np.int64],
    pages: int,
    hashes: dict[_Kind, NDArray[np.uint8]],
) -> NDArray[np.uint8]:
    """Some copies of the page, one a row; ``numbers`` are theirs among all ``pages``."""
    rows = np.tile(np.frombuffer(bytes(page.data), np.uint8), (len(numbers), 1))
    count = len(page.txids)
    rank = numbers[:, None] * count + np.arange(count)
    first_bytes = (rank.astype(np.uint64) + np.uint64(1)) * np.uint64(2**64 // (pages * count + 1))
    rows[:, _spans(page.txids, 8)] = first_bytes.astype(">u8")[..., None].view(np.uint8)
    rows[:, _spans([place + 8 for place in page.txids], 24)] = chance.integers(
        0, 256, (len(numbers), count, 24), np.uint8
    )
    for kind, places in page.free.items():
        shape = (len(numbers), len(places), kind.size)
        rows[:, _spans(places, kind.size)] = chance.integers(0, 256, shape, np.uint8)
    for kind, known in hashes.items():
        chosen = chance.integers(0, len(known), (len(numbers), len(page.watched[kind])))
        rows[:, _spans(page.watched[kind], kind.size)] = known[chosen]
    return rows


def _spans(places: list[int], size: int) -> NDArray[np.int64]:
    """Indices of so many bytes from each place on, a row for each."""
    return np.array(places, np.int64)[:, None] + np.arange(size)
