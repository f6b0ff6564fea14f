"""Esplora's HTTP API, and mempool's, which is built on it and adds a summary.

Documents: https://github.com/Blockstream/esplora/blob/master/API.md (``/address/:address``, ``/txs/chain``, newest
first, continued behind a transaction id; ``/block-height``, ``/block``) and https://mempool.space/docs/api/rest
(``/address/:address/txs/summary``: per transaction its height and the signed change, continued in the same way).
``chain_stats`` counts mined transactions only. The page size is documented as 25, but servers differ; so pages end
when there is nothing more, and history.py says whether that was the end.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence

import msgspec

from chains.rpc.indexers.source import Header, Movement, Stats
from chains.rpc.indexers.wire import RestIndex, hex_hash


class _Sums(msgspec.Struct, frozen=True):
    tx_count: int
    funded_txo_sum: int
    spent_txo_sum: int


class _Address(msgspec.Struct, frozen=True):
    address: str
    chain_stats: _Sums


class _Status(msgspec.Struct, frozen=True):
    confirmed: bool
    block_height: int | None = None


class _Output(msgspec.Struct, frozen=True):
    value: int
    scriptpubkey_address: str | None = None


class _Input(msgspec.Struct, frozen=True):
    is_coinbase: bool
    prevout: _Output | None = None


class _Tx(msgspec.Struct, frozen=True):
    txid: str
    vin: list[_Input]
    vout: list[_Output]
    status: _Status


class _Change(msgspec.Struct, frozen=True):
    """Of mempool's summary. ``tx_position``, where it is told: the transaction's place in its block."""

    txid: str
    height: int
    value: int
    tx_position: int | None = None


class _Block(msgspec.Struct, frozen=True):
    id: str
    height: int
    mediantime: int


class Esplora(RestIndex):
    """Implements Index."""

    async def newest(self) -> int:
        return await self._get("blocks/tip/height", int)

    async def hash_at(self, height: int) -> str:
        return hex_hash(self._rest, await self._rest.text(f"block-height/{height}"))

    async def header(self, block_hash: str) -> Header:
        block = await self._get(f"block/{block_hash}", _Block)
        if block.id != block_hash:
            raise self._rest.malformed("another block than was asked for")
        return Header(block.height, block.mediantime)

    async def stats(self, address: str) -> Stats:
        said = await self._get(f"address/{address}", _Address)
        if said.address != address:
            raise self._rest.malformed("another address than was asked for")
        return Stats(said.chain_stats.tx_count, said.chain_stats.funded_txo_sum - said.chain_stats.spent_txo_sum)

    async def pages(self, address: str) -> AsyncIterator[Sequence[Movement]]:
        path = f"address/{address}/txs/chain"
        page = await self._get(path, list[_Tx])
        while page:
            yield [self._movement(tx, address) for tx in page]
            page = await self._get(f"{path}/{page[-1].txid}", list[_Tx])

    def _movement(self, tx: _Tx, address: str) -> Movement:
        coinbase = any(each.is_coinbase for each in tx.vin)
        spent = [each.prevout for each in tx.vin if not each.is_coinbase]
        if not tx.status.confirmed or tx.status.block_height is None or None in spent:
            raise self._rest.malformed("a mined transaction without its block, or without what it spends")
        gained = [each.value for each in tx.vout if each.scriptpubkey_address == address]
        lost = [each.value for each in spent if each is not None and each.scriptpubkey_address == address]
        if not gained and not lost:
            raise self._rest.malformed("a transaction that has nothing to do with the asked address")
        return Movement(tx.txid, tx.status.block_height, sum(gained) - sum(lost), coinbase)


class Mempool(Esplora):
    """Implements Index, with fewer and smaller pages."""

    async def pages(self, address: str) -> AsyncIterator[Sequence[Movement]]:
        path = f"address/{address}/txs/summary"
        page = await self._get(path, list[_Change])
        while page:
            yield [
                Movement(
                    each.txid, each.height, each.value, None if each.tx_position is None else each.tx_position == 0
                )
                for each in page
            ]
            page = await self._get(f"{path}/{page[-1].txid}", list[_Change])
