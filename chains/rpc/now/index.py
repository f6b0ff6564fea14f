"""What every such index over REST has."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

from chains.adapter import Call, Json, Params
from chains.answers import DETAIL_MAX, outcome
from chains.errors import RpcFault
from chains.rpc.client import HttpRpc
from chains.rpc.explorers.source import no_method
from chains.rpc.http import Counters
from chains.rpc.translated import one_by_one
from chains.types import Address, BalanceKey, Failure, Reason


class NowIndex:
    """Implements chains.adapter.Rpc by refusing: a family asks at a block, and there is none to be had here."""

    def __init__(self, rpc: HttpRpc) -> None:
        self._rpc = rpc

    @property
    def provider(self) -> str:
        return self._rpc.provider

    @property
    def counters(self) -> Counters:
        return self._rpc.counters

    async def call(self, method: str, params: Params = ()) -> Json:
        raise no_method(self.provider, method)

    async def batch(self, calls: Sequence[Call]) -> list[Json | RpcFault]:
        return await one_by_one(self.call, calls)

    async def _said(
        self,
        keys: Sequence[BalanceKey],
        ask: Callable[[Address], Call],
        read: Callable[[BalanceKey, Json], int | Failure],
    ) -> list[int | Failure]:
        """One request for each address, one outcome per key. Raises the refusal that is of all of them."""
        addresses = list(dict.fromkeys(key.address for key in keys))
        answers = await self._rpc.batch([ask(address) for address in addresses]) if addresses else []
        said = dict(zip(addresses, answers, strict=True))
        found = [outcome(said[key.address], partial(read, key)) for key in keys]
        faults = [each for each in found if isinstance(each, RpcFault)]
        if faults and len(faults) == len(found):
            raise faults[0]
        return [Failure(Reason.REFUSED, str(x)[:DETAIL_MAX]) if isinstance(x, RpcFault) else x for x in found]
