"""What providers share that answer a family's questions from something else than it was written for."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence

from chains.adapter import Call, Json, Params
from chains.errors import RpcFault

OUT_OF_RANGE = -8
"""Bitcoin Core's code for a height above the tip."""


async def one_by_one(call: Callable[[str, Params], Awaitable[Json]], calls: Sequence[Call]) -> list[Json | RpcFault]:
    """One result or refusal per call, in order."""
    results: list[Json | RpcFault] = []
    for method, params in calls:
        try:
            results.append(await call(method, params))
        except RpcFault as fault:
            results.append(fault)
    return results


def no_block(provider: str, height: int) -> RpcFault:
    return RpcFault(OUT_OF_RANGE, f"{provider}: no block at height {height}")
