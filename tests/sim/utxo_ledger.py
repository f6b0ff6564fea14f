"""A little chain of Bitcoin's kind, made up: transactions of a few addresses, as indexers would have them."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache

from bitcoin.core import (  # type: ignore[import-untyped]
    CMutableTransaction,
    CMutableTxIn,
    CMutableTxOut,
    COutPoint,
    lx,
)
from bitcoin.core.script import CScript  # type: ignore[import-untyped]

from chains.types import Address
from chains.utxo import address
from chains.utxo.params import coin_of
from scripts.engines.litecoind import REGTEST

COIN = coin_of(REGTEST)
GENESIS = REGTEST.id.removeprefix("bip122:") + "dc02ed74d6d7857862df51fc56c416f9"


@cache
def _address(script: bytes) -> Address:
    text = address.from_script(COIN, script)
    assert text is not None
    return text


@dataclass(frozen=True)
class Output:
    script: bytes
    value: int

    @property
    def address(self) -> Address:
        return _address(self.script)


@dataclass(frozen=True)
class Tx:
    """``spends``: (txid, place) and the output there; none for a coinbase. ``raw``: as a node would send it."""

    height: int
    spends: tuple[tuple[str, int, Output], ...]
    outputs: tuple[Output, ...]
    raw: bytes
    txid: str

    def change(self, text: str) -> int:
        gained = sum(output.value for output in self.outputs if output.address == text)
        return gained - sum(output.value for _, _, output in self.spends if output.address == text)

    def touches(self, text: str) -> bool:
        touched = [*self.outputs, *(output for _, _, output in self.spends)]
        return any(output.address == text for output in touched)


def script(number: int) -> bytes:
    return b"\x00\x14" + number.to_bytes(20, "big")


@dataclass
class Chain:
    """``holders`` addresses; a block holds a coinbase and a few payments."""

    tip: int = 240
    holders: int = 6
    seed: int = 1
    txs: list[Tx] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._chance = random.Random(self.seed)
        self._unspent: list[tuple[str, int, Output]] = []
        for height in range(1, self.tip + 1):
            self._block(height)

    def grow(self) -> None:
        self.tip += 1
        self._block(self.tip)

    def addresses(self) -> list[Address]:
        return [Output(script(number), 0).address for number in range(self.holders)]

    def hash_at(self, height: int) -> str:
        return GENESIS if height == 0 else hashlib.sha256(f"{self.seed} {height}".encode()).hexdigest()

    def height_of(self, block_hash: str) -> int | None:
        return next((height for height in range(self.tip + 1) if self.hash_at(height) == block_hash), None)

    def time(self, height: int) -> int:
        return 1_600_000_000 + 600 * height

    def median_time(self, height: int) -> int:
        first = max(0, height - 10)
        return self.time(first + (height - first + 1) // 2)

    def newest_first(self, text: str) -> list[Tx]:
        return [tx for tx in reversed(self.txs) if tx.touches(text)]

    def balance(self, text: str, height: int) -> int:
        return sum(tx.change(text) for tx in self.txs if tx.height <= height)

    def _block(self, height: int) -> None:
        self._add(height, (), [Output(script(self._chance.randrange(self.holders)), 50_000_000 + height)])
        for _ in range(self._chance.randrange(3)):
            self._chance.shuffle(self._unspent)
            spends = tuple(self._unspent[:2])
            del self._unspent[:2]
            total = sum(output.value for _, _, output in spends)
            paid = self._chance.randrange(total + 1)
            outputs = [Output(script(self._chance.randrange(self.holders)), value) for value in (paid, total - paid)]
            self._add(height, spends, outputs)

    def _add(self, height: int, spends: tuple[tuple[str, int, Output], ...], outputs: list[Output]) -> None:
        inputs = [CMutableTxIn(COutPoint(lx(txid), place)) for txid, place, _ in spends]
        if not spends:
            inputs = [CMutableTxIn(COutPoint(), CScript(height.to_bytes(4, "little")))]
        tx = CMutableTransaction(inputs, [CMutableTxOut(out.value, CScript(out.script)) for out in outputs])
        txid = tx.GetTxid()[::-1].hex()
        self.txs.append(Tx(height, spends, tuple(outputs), tx.serialize(), txid))
        self._unspent += [(txid, place, output) for place, output in enumerate(outputs)]


def headers(chain: Chain) -> Iterator[bytes]:
    """Eighty bytes a block, from the genesis block on; their hashes are not those of ``hash_at``."""
    previous = bytes(32)
    for height in range(chain.tip + 1):
        header = (1).to_bytes(4, "little") + previous + hashlib.sha256(f"{chain.seed} {height}".encode()).digest()
        header += chain.time(height).to_bytes(4, "little") + bytes(8)
        previous = hashlib.sha256(hashlib.sha256(header).digest()).digest()
        yield header
