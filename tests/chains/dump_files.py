"""Dump files to order: a small writer of all three layouts, and sets of coins to write."""

from __future__ import annotations

import random
import struct
from collections.abc import Iterable, Sequence
from itertools import groupby
from typing import NamedTuple

from coincurve import PrivateKey

from chains.codec.hashes import hash160
from chains.utxo.dump.compressed import amount_code, key_of, varint
from chains.utxo.dump.walk import rank

MAGIC, BLOCK_HASH = bytes.fromhex("f9beb4d9"), "00" * 4 + "ab" * 28
HEIGHT = 900_000


class Coin(NamedTuple):
    txid: bytes
    vout: int
    height: int
    coinbase: bool
    amount: int
    script: bytes


def in_order(coins: Iterable[Coin]) -> list[Coin]:
    """As a node's database has them."""
    return sorted(coins, key=lambda coin: (coin.txid, rank(coin.vout)))


def grouped(coins: Sequence[Coin], *, count: int | None = None) -> bytes:
    """Core 28 and later."""
    head = b"utxo\xff" + struct.pack("<H", 2) + MAGIC + bytes.fromhex(BLOCK_HASH)[::-1]
    body = bytearray()
    for txid, group in groupby(coins, key=lambda coin: coin.txid):
        outputs = list(group)
        body += txid + compact(len(outputs)) + b"".join(compact(coin.vout) + record(coin) for coin in outputs)
    return head + struct.pack("<Q", len(coins) if count is None else count) + bytes(body)


def flat(coins: Sequence[Coin], *, count: int | None = None, head: int = 44) -> bytes:
    """Core 0.21 (a head of 44 bytes), 22 to 27 (40 bytes)."""
    start = bytes.fromhex(BLOCK_HASH)[::-1] + struct.pack("<Q", len(coins) if count is None else count)
    body = b"".join(coin.txid + struct.pack("<I", coin.vout) + record(coin) for coin in coins)
    return start + struct.pack("<I", 12_345)[: head - 40] + body


def record(coin: Coin, *, pegout: bool = False, stake: bool | None = None) -> bytes:
    """``stake``: of a chain that has such, whether this is one."""
    code = coin.height << 1 | coin.coinbase | pegout << 31
    if stake is not None:
        code = coin.height << 2 | stake << 1 | coin.coinbase
    return varint(code) + varint(amount_code(coin.amount)) + key_of(coin.script)


def compact(number: int) -> bytes:
    if number < 253:
        return bytes([number])
    size = 2 if number < 1 << 16 else 4 if number < 1 << 32 else 8
    return bytes([{2: 253, 4: 254, 8: 255}[size]]) + number.to_bytes(size, "little")


def p2pkh(digest: bytes) -> bytes:
    return b"\x76\xa9\x14" + digest + b"\x88\xac"


class Key:
    """A key pair's scripts."""

    def __init__(self, seed: int) -> None:
        public = PrivateKey(seed.to_bytes(32, "big")).public_key
        self.short, self.long = public.format(), public.format(compressed=False)
        self.p2pk_short, self.p2pk_long = b"\x21" + self.short + b"\xac", b"\x41" + self.long + b"\xac"
        self.p2pkh_short, self.p2pkh_long = p2pkh(hash160(self.short)), p2pkh(hash160(self.long))


def scripts(chance: random.Random, count: int) -> list[bytes]:
    """Distinct scripts of every kind a node writes in its own way, and some it does not know."""
    made: dict[bytes, None] = {}
    while len(made) < count:
        short, long = chance.randbytes(20), chance.randbytes(32)
        kinds = (
            p2pkh(short),
            b"\xa9\x14" + short + b"\x87",
            b"\x00\x14" + short,
            b"\x00\x20" + long,
            b"\x51\x20" + long,
            Key(chance.randrange(1, 1 << 128)).p2pk_short,
            Key(chance.randrange(1, 1 << 128)).p2pk_long,
            b"\x41\x04" + long + long + b"\xac",  # no point of the curve: written in full
            chance.randbytes(chance.choice((0, 1, 5, 25, 23, 121, 122, 300))),
        )
        made[chance.choice(kinds)] = None
    return list(made)


def coin_set(chance: random.Random, some: Sequence[bytes], count: int) -> list[Coin]:
    """So many coins, in order, of so few transactions that some have several; scripts are among ``some``."""
    txids = [chance.randbytes(32) for _ in range(max(1, count // 3))]
    places: dict[tuple[bytes, int], None] = {}
    while len(places) < count:
        vout = chance.choice((0, 1, 2, 127, 128, 252, 253, 16_511, 16_512, 70_000, chance.randrange(1 << 20)))
        places[chance.choice(txids), vout] = None
    return in_order(
        Coin(
            txid,
            vout,
            height=chance.choice((1, HEIGHT - 99, HEIGHT - 98, HEIGHT, chance.randrange(HEIGHT))),
            coinbase=chance.random() < 0.3,
            amount=chance.choice((0, 1, 546, 10**8, 50 * 10**8, chance.randrange(21 * 10**14))),
            script=chance.choice(some),
        )
        for txid, vout in places
    )
