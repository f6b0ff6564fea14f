"""An Rpc answered by a function: for what no real node can be made to say."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from chains.adapter import Call, Json
from chains.errors import RpcFault

Script = Callable[[str, Sequence[object]], "Json | RpcFault"]


class ScriptedRpc:
    provider = "scripted"

    def __init__(self, script: Script) -> None:
        self.script = script
        self.calls: list[Call] = []

    async def call(self, method: str, params: Sequence[object] = ()) -> Json:
        self.calls.append((method, params))
        answer = self.script(method, params)
        if isinstance(answer, RpcFault):
            raise answer
        return answer

    async def batch(self, calls: Sequence[Call]) -> list[Json | RpcFault]:
        self.calls.extend(calls)
        return [self.script(method, params) for method, params in calls]
