"""A chain in memory and providers over it, for tests of the run's own logic."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, ClassVar

from chains.adapter import Call, Json, Params
from chains.errors import ChainError, NotFinal, RpcFault, WrongChain
from chains.spec import ProviderSpec
from chains.types import Address, BalanceKey, BlockRef, ChainId, Instrument, Pinning, Readings
from indexer.work.endpoints import Endpoint

CHAIN = ChainId("eip155:1")
COIN = Instrument("slip44:60")


@dataclass
class FakeRpc:
    """One provider. ``fail`` is raised by whatever is asked next, and again, until it is cleared."""

    provider: str
    chain: str = CHAIN
    tip: int = 100
    fork: str = "a"
    fail: ChainError | None = None
    asked: list[str] = field(default_factory=list)

    async def call(self, method: str, params: Params = ()) -> Json:
        self.asked.append(method)
        if self.fail is not None:
            raise self.fail
        return None

    async def batch(self, calls: Sequence[Call]) -> list[Json | RpcFault]:
        return [await self.call(method, params) for method, params in calls]

    def block(self, height: int) -> BlockRef:
        if height > self.tip:
            raise NotFinal(f"{self.provider}: {height} is beyond {self.tip}")
        return BlockRef(height, f"{self.fork}{height}")


class FakeAdapter:
    """Reads FakeRpc. Every balance is the block's height."""

    pinning: ClassVar[Pinning] = Pinning.HASH
    past: ClassVar[str] = "any block"
    keys_per_shard: ClassVar[int | None] = 10
    chain = CHAIN

    def __init__(self, stated: int | ChainError = 18) -> None:
        self.stated = stated

    def parse_address(self, text: str) -> Address:
        return Address(text)

    def parse_instrument(self, text: str) -> Instrument:
        return Instrument(text)

    async def check_chain(self, rpc: FakeRpc) -> None:
        await rpc.call("check")
        if rpc.chain != self.chain:
            raise WrongChain(f"{rpc.provider} serves {rpc.chain}")

    async def final_block(self, rpc: FakeRpc) -> BlockRef:
        await rpc.call("final")
        return rpc.block(rpc.tip)

    async def block_at(self, rpc: FakeRpc, *, height: int | None = None, time: datetime | None = None) -> BlockRef:
        await rpc.call("block at a time" if height is None else "block")
        return rpc.block(rpc.tip // 2 if height is None else height)

    async def decimals(self, rpc: FakeRpc, block: BlockRef, instrument: Instrument) -> int:
        await rpc.call("decimals")
        if isinstance(self.stated, ChainError):
            raise self.stated
        return self.stated

    async def balances(self, rpc: FakeRpc, block: BlockRef, keys: Sequence[BalanceKey]) -> Readings:
        await rpc.call("balances")
        return Readings(block, [block.height] * len(keys), {})


class TipAdapter(FakeAdapter):
    pinning: ClassVar[Pinning] = Pinning.TIP


def endpoint(name: str, *, operator: str = "op", rpc: FakeRpc | None = None, **fields: Any) -> Endpoint:
    spec = ProviderSpec(name=name, chain=CHAIN, url="http://127.0.0.1/", operator=operator, **fields)
    return Endpoint(spec, rpc or FakeRpc(name))
