"""Blockbook's REST API, version 2.

Documents: https://github.com/trezor/blockbook/blob/master/docs/api.md. ``balance`` and ``txs`` are those of the newest
block, whatever ``from`` and ``to`` say: these filter the list of transactions only, and are not used. Pages are
counted, newest first, unmined transactions before the others; one beyond the last is answered with the last. Amounts
are strings; empty fields are left out. No block tells its median time: it is worked out of eleven blocks.
"""

from __future__ import annotations

import statistics
from collections.abc import AsyncIterator, Sequence

import msgspec

from chains.rpc.indexers.source import Header, Movement, Stats
from chains.rpc.indexers.wire import RestIndex, digits, hex_hash

PAGE = 1_000
_MEDIAN_OF = 11


class _Part(msgspec.Struct, frozen=True, rename="camel"):
    """An input or an output. A coinbase's input has no ``txid``."""

    value: str = "0"
    addresses: list[str] | None = None
    is_address: bool = False
    txid: str | None = None


class _Tx(msgspec.Struct, frozen=True, rename="camel"):
    txid: str
    vin: list[_Part]
    vout: list[_Part]
    block_height: int = 0


class _Address(msgspec.Struct, frozen=True, rename="camel"):
    address: str
    balance: str = "0"
    txs: int = 0
    page: int = 1
    transactions: list[_Tx] = []


class _Best(msgspec.Struct, frozen=True, rename="camel"):
    best_height: int


class _Status(msgspec.Struct, frozen=True):
    blockbook: _Best


class _Index(msgspec.Struct, frozen=True, rename="camel"):
    block_hash: str


class _Block(msgspec.Struct, frozen=True):
    hash: str
    height: int
    time: int


class Blockbook(RestIndex):
    """Implements Index."""

    async def newest(self) -> int:
        return (await self._get("api", _Status)).blockbook.best_height

    async def hash_at(self, height: int) -> str:
        return hex_hash(self._rest, (await self._get(f"api/v2/block-index/{height}", _Index)).block_hash)

    async def header(self, block_hash: str) -> Header:
        height = (await self._block(block_hash)).height
        heights = range(max(0, height - _MEDIAN_OF + 1), height + 1)
        blocks = [await self._block(await self.hash_at(each)) for each in heights]
        if blocks[-1].hash != block_hash:
            raise self._rest.malformed("another block than was asked for")
        return Header(height, statistics.median_high(block.time for block in blocks))

    async def stats(self, address: str) -> Stats:
        said = await self._address(address, {"details": "basic"})
        return Stats(said.txs, digits(self._rest, said.balance))

    async def pages(self, address: str) -> AsyncIterator[Sequence[Movement]]:
        number = 0
        while True:
            number += 1
            asked = {"details": "txs", "pageSize": str(PAGE), "page": str(number)}
            said = await self._address(address, asked)
            if said.page != number or not said.transactions:
                return
            yield [self._movement(tx, address) for tx in said.transactions if tx.block_height > 0]

    def _movement(self, tx: _Tx, address: str) -> Movement:
        gained = [digits(self._rest, part.value) for part in tx.vout if part.is_address and part.addresses == [address]]
        lost = [digits(self._rest, part.value) for part in tx.vin if part.is_address and part.addresses == [address]]
        if not gained and not lost:
            raise self._rest.malformed("a transaction that has nothing to do with the asked address")
        coinbase = len(tx.vin) == 1 and not tx.vin[0].txid
        return Movement(tx.txid, tx.block_height, sum(gained) - sum(lost), coinbase)

    async def _address(self, address: str, query: dict[str, str]) -> _Address:
        said = await self._get(f"api/v2/address/{address}", _Address, query)
        if said.address != address:
            raise self._rest.malformed("another address than was asked for")
        return said

    async def _block(self, block_hash: str) -> _Block:
        block = await self._get(f"api/v2/block/{block_hash}", _Block)
        if block.hash != block_hash:
            raise self._rest.malformed("another block than was asked for")
        return block
