"""The head of a dump file, and which of the three layouts it is.

    Core 0.21     hash (32)  coins (8)  transactions so far (4)                      outpoint (36) before every coin
    Core 22-27    hash (32)  coins (8)                                               outpoint (36) before every coin
    Core 28-      "utxo" ff  version 2 (2)  network magic (4)  hash (32)  coins (8)  transaction, count, outputs, ...

Source: Bitcoin Core, src/node/utxo_snapshot.h and src/rpc/blockchain.cpp of these versions; Litecoin 0.21 writes the
first. The two old heads name neither themselves nor their network: they are told apart by what follows.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from chains.utxo.dump import pure
from chains.utxo.dump.errors import DumpRefused, Fault
from chains.utxo.dump.walk import COINS, HEAD_MAX, INT64_MAX, Limits, new_found, new_state

_NAME, _VERSION = b"utxo\xff", 2
_OLD_HEADS = (44, 40)
_NEW_HEAD = 51
LOOK_BYTES = 64 * 1024
_COIN_MIN = 4  # output, height, amount and the size of an empty script, a byte each


@dataclass(frozen=True, slots=True)
class Header:
    """``grouped``: outputs follow their transaction (v2). ``magic``: only there. ``block_hash`` as the chain prints it.

    ``coins`` begin at byte ``body_at`` of ``size``.
    """

    grouped: bool
    magic: bytes | None
    block_hash: str
    coins: int
    body_at: int
    size: int


def read_header(path: Path) -> Header:
    """Raises DumpRefused, OSError."""
    with path.open("rb") as file:
        return parse_header(file.read(LOOK_BYTES), path.stat().st_size)


def parse_header(start: bytes, size: int) -> Header:
    """From the first LOOK_BYTES of a file of this size, or all there are. Raises DumpRefused."""
    header = _new(start, size) if start.startswith(_NAME) else _old(start, size)
    if header.coins > size // _COIN_MIN:
        raise DumpRefused(Fault.HEADER, 43 if header.grouped else 32, f"{header.coins} coins in {size} bytes")
    return header


def _new(start: bytes, size: int) -> Header:
    if len(start) < _NEW_HEAD:
        raise DumpRefused(Fault.HEADER, len(start), "it ends too early")
    version = int.from_bytes(start[5:7], "little")
    if version != _VERSION:
        raise DumpRefused(Fault.HEADER, 5, f"version {version}")
    coins = int.from_bytes(start[43:51], "little")
    return Header(True, start[7:11], start[11:43][::-1].hex(), coins, _NEW_HEAD, size)


def _old(start: bytes, size: int) -> Header:
    coins = int.from_bytes(start[32:40], "little")
    if coins == 0 and size in _OLD_HEADS:
        return Header(False, None, start[:32][::-1].hex(), 0, size, size)
    seen = {head: _coins_seen(start[head:], size - head, coins) for head in _OLD_HEADS}
    body_at = max(seen, key=lambda head: seen[head])
    if not seen[body_at]:
        raise DumpRefused(Fault.HEADER, min(size, *_OLD_HEADS), "no coins follow it")
    return Header(False, None, start[:32][::-1].hex(), coins, body_at, size)


def _coins_seen(data: bytes, size: int, coins: int) -> int:
    """How many coins follow one another from the first byte of ``data``, the beginning of ``size`` bytes."""
    padding = bytes(HEAD_MAX if len(data) == size else 0)
    limits = Limits(len(data), len(data), min(coins, INT64_MAX), INT64_MAX, 1, False, True, False, False)
    state = new_state()
    pure.walk(np.frombuffer(data + padding, np.uint8), limits, state, {}, new_found(1))
    return int(state.numbers[COINS])
