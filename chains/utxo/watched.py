"""The unspent outputs of watched scripts after one block: carried from block to block, exact after each. Pure."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, field
from typing import NamedTuple

import msgspec

from chains.types import BlockRef
from chains.utxo.raw import Tx

Outpoint = bytes
"""txid as hashed, then the output's number as a little-endian u32."""
FORM = 1
STORED_BYTES_MAX = 1 << 30


class Coin(NamedTuple):
    """``generated``: of a coinbase or a stake; None where its source does not say."""

    script: bytes
    amount: int
    height: int
    generated: bool | None


def outpoint(txid: str, number: int) -> Outpoint:
    """From a printed txid. Raises ValueError, OverflowError."""
    return bytes.fromhex(txid)[::-1] + number.to_bytes(4, "little")


@dataclass(slots=True)
class Watched:
    """``coins`` are all unspent outputs of ``scripts`` after the block (height, hash)."""

    height: int
    hash: str
    scripts: Set[bytes]
    coins: dict[Outpoint, Coin] = field(default_factory=dict)

    def connect(self, block_hash: str, transactions: Iterable[Tx]) -> None:
        """On by one block: the next one."""
        coins, scripts, height = self.coins, self.scripts, self.height + 1
        for tx in transactions:
            for spent in tx.spends:
                coins.pop(spent, None)
            for place, (amount, script) in enumerate(tx.outputs):
                if script in scripts:
                    coins[tx.txid + place.to_bytes(4, "little")] = Coin(script, amount, height, tx.generated)
        self.height, self.hash = height, block_hash

    def disconnect(self, previous: str, *, made: Iterable[Outpoint], spent: Mapping[Outpoint, Coin]) -> None:
        """Back by one block, which made and spent these of the watched scripts."""
        for place in made:
            self.coins.pop(place, None)
        self.coins |= spent
        self.height, self.hash = self.height - 1, previous

    def young(self, maturity: int) -> dict[Outpoint, Coin]:
        """Those too young to be spent in the next block, if they are generated."""
        return {place: coin for place, coin in self.coins.items() if self.height + 1 - coin.height < maturity}

    @property
    def block(self) -> BlockRef:
        return BlockRef(self.height, self.hash)


def sums(coins: Iterable[Coin]) -> dict[bytes, int]:
    """Base units by script; scripts that hold nothing are left out."""
    held: dict[bytes, int] = {}
    for coin in coins:
        held[coin.script] = held.get(coin.script, 0) + coin.amount
    return held


class _Stored(msgspec.Struct, array_like=True, frozen=True):
    form: int
    height: int
    hash: str
    scripts: list[bytes]
    coins: list[tuple[bytes, int, int, int, bool | None]]


def pack(watched: Watched) -> bytes:
    """For a memory."""
    scripts = sorted(watched.scripts)
    number = {script: index for index, script in enumerate(scripts)}
    coins = [
        (place, number[coin.script], coin.amount, coin.height, coin.generated) for place, coin in watched.coins.items()
    ]
    stored = _Stored(FORM, watched.height, watched.hash, scripts, coins)
    return zlib.compress(msgspec.msgpack.encode(stored), 1)


def unpack(kept: bytes) -> Watched | None:
    """None for what an older version wrote, or what is damaged: it is read anew from the chain."""
    try:
        inflate = zlib.decompressobj()
        stored = msgspec.msgpack.decode(inflate.decompress(kept, STORED_BYTES_MAX), type=_Stored)
        if stored.form != FORM or not inflate.eof:
            return None
        scripts: Sequence[bytes] = stored.scripts
        coins = {
            place: Coin(scripts[index], amount, height, generated)
            for place, index, amount, height, generated in stored.coins
        }
    except (zlib.error, msgspec.MsgspecError, IndexError):
        return None
    return Watched(stored.height, stored.hash, frozenset(scripts), coins)
