"""What providers share that answer a family's questions from something else than it was written for."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Generic, Protocol, TypeVar

from chains.adapter import Call, Json, Params
from chains.errors import RpcFault
from chains.rpc.explorers.source import no_method
from chains.rpc.http import Counters

OUT_OF_RANGE = -8
"""Bitcoin Core's code for a height above the tip."""


class Counted(Protocol):
    @property
    def provider(self) -> str: ...

    @property
    def counters(self) -> Counters: ...


A = TypeVar("A", bound=Counted)


class Translated(Generic[A]):
    """Implements chains.adapter.Rpc; each kind says in ``call`` what it can be asked. ``_asked`` is asked in truth."""

    def __init__(self, asked: A) -> None:
        self._asked = asked

    @property
    def provider(self) -> str:
        return self._asked.provider

    @property
    def counters(self) -> Counters:
        return self._asked.counters

    async def call(self, method: str, params: Params = ()) -> Json:
        """The result of one call. Raises ChainError; RpcFault for what this kind of provider cannot be asked."""
        raise no_method(self.provider, method)

    async def batch(self, calls: Sequence[Call]) -> list[Json | RpcFault]:
        """One result or refusal per call, in order, each by requests of its own."""
        results: list[Json | RpcFault] = []
        for method, params in calls:
            try:
                results.append(await self.call(method, params))
            except RpcFault as fault:
                results.append(fault)
        return results


def no_block(provider: str, height: int) -> RpcFault:
    return RpcFault(OUT_OF_RANGE, f"{provider}: no block at height {height}")
