"""What every such index over REST has."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

from chains.adapter import Call, Json
from chains.answers import DETAIL_MAX, outcome
from chains.errors import RpcFault
from chains.rpc.client import HttpRpc
from chains.rpc.translated import Translated
from chains.types import Address, BalanceKey, Failure, Reason


class NowIndex(Translated[HttpRpc]):
    """An Rpc that refuses every call: a family asks at a block, and there is none to be had here."""

    async def _said(
        self,
        keys: Sequence[BalanceKey],
        ask: Callable[[Address], Call],
        read: Callable[[BalanceKey, Json], int | Failure],
    ) -> list[int | Failure]:
        """One request for each address, one outcome per key. Raises the refusal that is of all of them."""
        addresses = list(dict.fromkeys(key.address for key in keys))
        answers = await self._asked.batch([ask(address) for address in addresses]) if addresses else []
        said = dict(zip(addresses, answers, strict=True))
        found = [outcome(said[key.address], partial(read, key)) for key in keys]
        faults = [each for each in found if isinstance(each, RpcFault)]
        if faults and len(faults) == len(found):
            raise faults[0]
        return [Failure(Reason.REFUSED, str(x)[:DETAIL_MAX]) if isinstance(x, RpcFault) else x for x in found]
