"""What the Solana tests share: two wallets, and an Rpc that bends the answers of a real node."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from chains.adapter import Call, ChainAdapter, Json, Params, Rpc
from chains.errors import RpcFault
from chains.types import BalanceKey, Instrument, Reason
from tests.chains.harness_solana import address

ALICE, BOB = address(1), address(2)


def token(mint: str) -> Instrument:
    return Instrument(f"token:{mint}")


class Bent:
    """An Rpc one at a time: ``before`` each call, and ``bend`` over each answer."""

    def __init__(
        self,
        inner: Rpc,
        *,
        before: Callable[[str], None] = lambda _: None,
        bend: Callable[[str, Any], Any] = lambda _, answer: answer,
    ) -> None:
        self._inner, self._before, self._bend = inner, before, bend
        self.provider = "bent"
        self.calls: list[tuple[str, Any]] = []

    async def call(self, method: str, params: Params = ()) -> Json:
        (answer,) = await self.batch([(method, params)])
        if isinstance(answer, RpcFault):
            raise answer
        return answer

    async def batch(self, calls: Sequence[Call]) -> list[Json | RpcFault]:
        answers = []
        for method, params in calls:
            self.calls.append((method, params))
            self._before(method)
            (answer,) = await self._inner.batch([(method, params)])
            answers.append(answer if isinstance(answer, RpcFault) else self._bend(method, answer))
        return answers


async def only(adapter: ChainAdapter, rpc: Rpc, key: BalanceKey) -> int | Reason:
    """The amount of one key, or why there is none."""
    readings = await adapter.balances(rpc, await adapter.final_block(rpc), [key])
    (amount,) = readings.amounts
    return readings.failures[0].reason if amount is None else amount
