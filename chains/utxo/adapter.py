"""Bitcoin-type chains through the door: any final block, by whatever way the provider offers (`sources.py`)."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import datetime
from typing import ClassVar

from chains.adapter import ChainAdapter, Memory, Progress, Rpc
from chains.errors import BadAddress, Reorged, WrongChain
from chains.spec import ChainSpec
from chains.types import Address, BalanceKey, BlockRef, ChainId, Instrument, Pinning, Readings
from chains.utxo import address, blocks, sources
from chains.utxo.params import REFERENCE_LETTERS, Coin, coin_of
from chains.utxo.remarks import remarks
from chains.utxo.source import Forgetful, Question, unwatched


class UtxoAdapter:
    """One configured coin. See chains/adapter.py for the contract."""

    pinning: ClassVar[Pinning] = Pinning.HEIGHT
    past: ClassVar[str] = (
        "any final block: from a dump of the unspent outputs at it; from one scan at the tip (scantxoutset), undone "
        "block by block with getblock verbosity 3 (Bitcoin Core 23 and later) or -txindex; rolled forward from an "
        "earlier reading; or from an index of addresses"
    )
    keys_per_shard: ClassVar[int | None] = None  # a scan costs the same for one script as for a hundred thousand

    def __init__(self, spec: ChainSpec, coin: Coin) -> None:
        self._spec = spec
        self._coin = coin
        self._ways = sources.sources(coin, spec.native_decimals)

    @property
    def chain(self) -> ChainId:
        return self._spec.id

    def parse_address(self, text: str) -> Address:
        return address.canonical(self._coin, text)

    def parse_instrument(self, text: str) -> Instrument:
        if text != self._spec.native:
            raise BadAddress(f"{self.chain} has one instrument, {self._spec.native}")
        return self._spec.native

    async def check_chain(self, rpc: Rpc) -> None:
        reference = self.chain.partition(":")[2]
        checkpoint = self._coin.checkpoint
        if checkpoint is not None:
            try:
                await blocks.require(rpc, BlockRef(checkpoint.height, checkpoint.hash))
            except Reorged:
                raise WrongChain(f"{rpc.provider} split from {self.chain} before height {checkpoint.height}") from None
            if checkpoint.hash[:REFERENCE_LETTERS] == reference:
                return
        named = (await blocks.hash_at(rpc, self._coin.named_at))[:REFERENCE_LETTERS]
        if named != reference:
            raise WrongChain(f"{rpc.provider} serves bip122:{named}, not {self.chain}")

    async def final_block(self, rpc: Rpc) -> BlockRef:
        return await blocks.at_tip_height(rpc, await blocks.final_height(rpc, self._coin.confirmations))

    async def block_at(self, rpc: Rpc, *, height: int | None = None, time: datetime | None = None) -> BlockRef:
        if time is None:
            assert height is not None, "either a height or a time"
            return await blocks.at_height(rpc, height, self._coin.confirmations)
        assert height is None, "either a height or a time"
        assert time.tzinfo is not None, "an aware time"
        return await blocks.at_time(rpc, time, self._coin.confirmations)

    async def decimals(self, rpc: Rpc, block: BlockRef, instrument: Instrument) -> int:
        assert instrument == self._spec.native, f"{instrument} is no instrument of {self.chain}"
        return self._spec.native_decimals

    async def balances(self, rpc: Rpc, block: BlockRef, keys: Sequence[BalanceKey]) -> Readings:
        return await self.balances_remembered(rpc, block, keys, Forgetful(), unwatched)

    async def balances_remembered(
        self, rpc: Rpc, block: BlockRef, keys: Sequence[BalanceKey], memory: Memory, progress: Progress
    ) -> Readings:
        assert all(key.instrument == self._spec.native for key in keys), f"foreign instrument on {self.chain}"
        await blocks.require(rpc, block)
        scripts = await asyncio.to_thread(self._scripts, keys)
        question = Question(rpc, block, list(dict.fromkeys(scripts)), memory, progress)
        held = await sources.held(self._ways, question)
        await blocks.require(rpc, block)
        amounts = dict(zip(question.scripts, held.amounts, strict=True))
        return Readings(
            block=block,
            amounts=[amounts[script] for script in scripts],
            failures={},
            remarks=remarks(scripts, held, block.height, self._spec.native_decimals),
        )

    async def probe(self, rpc: Rpc, block: BlockRef) -> str:
        return await sources.first_offer(self._ways, Question(rpc, block, [], Forgetful(), unwatched))

    def _scripts(self, keys: Sequence[BalanceKey]) -> list[bytes]:
        return [address.to_script(self._coin, key.address) for key in keys]


def build(spec: ChainSpec) -> ChainAdapter:
    """Raises msgspec.ValidationError for bad options or an id that is not ``bip122:<32 hex>``."""
    return UtxoAdapter(spec, coin_of(spec))
