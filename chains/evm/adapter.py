"""EVM chains through the door: any block, pinned by its hash."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import partial
from typing import ClassVar

import msgspec

from chains.adapter import ChainAdapter, Rpc
from chains.codec import evm_address
from chains.controllers import Controls
from chains.errors import BadAddress, Malformed, WrongChain
from chains.evm import balances, blocks, bulk, metadata, owners
from chains.evm.options import Options
from chains.evm.probe import Memory
from chains.evm.ways import Way
from chains.evm.wire import quantity
from chains.search_time import find
from chains.spec import ChainSpec
from chains.types import Address, BalanceKey, BlockRef, ChainId, Instrument, Pinning, Readings

_NAMESPACE = "eip155:"


class EvmAdapter:
    """One configured EVM chain. See chains/adapter.py for the contract."""

    pinning: ClassVar[Pinning] = Pinning.HASH
    past: ClassVar[str] = "any block by its hash (EIP-1898), where the provider keeps the state of that block (archive)"
    keys_per_shard: ClassVar[int | None] = 12_000  # two requests of the packed reader

    def __init__(self, spec: ChainSpec, options: Options) -> None:
        self._spec = spec
        self._options = options
        self._chain_number = int(spec.id.removeprefix(_NAMESPACE))
        self._memory = Memory(self._chain_number, options)

    @property
    def chain(self) -> ChainId:
        return self._spec.id

    def parse_address(self, text: str) -> Address:
        return evm_address.parse(text)

    def parse_instrument(self, text: str) -> Instrument:
        if text == self._spec.native:
            return self._spec.native
        if not text.startswith(balances.TOKEN_PREFIX):
            raise BadAddress(f"an instrument of {self.chain} is {self._spec.native} or {balances.TOKEN_PREFIX}0x...")
        return Instrument(balances.TOKEN_PREFIX + evm_address.parse(text.removeprefix(balances.TOKEN_PREFIX)))

    async def check_chain(self, rpc: Rpc) -> None:
        number = quantity(await rpc.call("eth_chainId"))
        if not isinstance(number, int):
            raise Malformed(f"eth_chainId: {number.detail}")
        if number != self._chain_number:
            raise WrongChain(f"{rpc.provider} serves {_NAMESPACE}{number}, not {self.chain}")

    async def final_block(self, rpc: Rpc) -> BlockRef:
        return await blocks.final(rpc, self._options)

    async def block_at(self, rpc: Rpc, *, height: int | None = None, time: datetime | None = None) -> BlockRef:
        final = await self.final_block(rpc)
        return await find(partial(blocks.at_height, rpc), final, height=height, time=time)

    async def decimals(self, rpc: Rpc, block: BlockRef, instrument: Instrument) -> int:
        if instrument == self._spec.native:
            return self._spec.native_decimals
        return await metadata.decimals(rpc, block, instrument.removeprefix(balances.TOKEN_PREFIX))

    async def balances(self, rpc: Rpc, block: BlockRef, keys: Sequence[BalanceKey]) -> Readings:
        return await bulk.read(rpc, block, keys, native=self._spec.native, endpoint=self._memory.of(rpc))

    async def controllers(self, rpc: Rpc, block: BlockRef, addresses: Sequence[Address]) -> Controls:
        return await owners.read(rpc, block, addresses)

    async def probe(self, rpc: Rpc, block: BlockRef) -> Way:
        """How ``balances`` asks this endpoint, found by asking it. Raises ChainError when that cannot be said now."""
        return await self._memory.of(rpc).settle(rpc, block)


def build(spec: ChainSpec) -> ChainAdapter:
    """Raises msgspec.ValidationError for bad options or an id that is not ``eip155:<number>``."""
    reference = spec.id.removeprefix(_NAMESPACE)
    if not spec.id.startswith(_NAMESPACE) or not (reference.isascii() and reference.isdigit()):
        raise msgspec.ValidationError(f"an EVM chain is {_NAMESPACE}<number>, not {spec.id!r}")
    return EvmAdapter(spec, msgspec.convert(spec.options, Options))
