"""An Rpc answered by a function: for what no real node can be made to say."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from chains.adapter import Call, Json, Params
from chains.errors import RpcFault

Script = Callable[[str, Any], "Json | RpcFault"]


class ScriptedRpc:
    provider = "scripted"

    def __init__(self, script: Script) -> None:
        self.script = script
        self.calls: list[tuple[str, Any]] = []

    async def call(self, method: str, params: Params = ()) -> Json:
        self.calls.append((method, params))
        answer = self.script(method, params)
        if isinstance(answer, RpcFault):
            raise answer
        return answer

    async def batch(self, calls: Sequence[Call]) -> list[Json | RpcFault]:
        self.calls.extend(calls)
        return [self.script(method, params) for method, params in calls]
