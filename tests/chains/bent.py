"""An Rpc that bends the answers of a real node, or has something happen before it asks."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from chains.adapter import Call, Json, Params, Rpc
from chains.errors import RpcFault


class Bent:
    """One call at a time: ``before`` each, and ``bend`` over each answer. Both are given the method."""

    provider = "bent"

    def __init__(
        self,
        inner: Rpc,
        *,
        before: Callable[[str], Awaitable[None] | None] = lambda _: None,
        bend: Callable[[str, Any], Any] = lambda _, answer: answer,
    ) -> None:
        self._inner, self._before, self._bend = inner, before, bend
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
            if (happens := self._before(method)) is not None:
                await happens
            (answer,) = await self._inner.batch([(method, params)])
            answers.append(answer if isinstance(answer, RpcFault) else self._bend(method, answer))
        return answers
