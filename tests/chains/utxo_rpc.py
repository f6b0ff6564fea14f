"""A provider that lets a test step in: before and after the scan, or in place of an answer."""

from __future__ import annotations

from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from inspect import isawaitable
from typing import Any, cast

from chains.adapter import Call, Json, Rpc
from chains.errors import RpcFault

Step = Callable[[], Awaitable[object]]
Rewrite = Callable[[Any], Any]
"""An answer -> another one, or an awaitable of it."""


async def nothing() -> None:
    """The step of a test that does not step in."""


class Meddled:
    """``rewrite`` maps a method to what becomes of its answer; ``refuse`` to the fault it gives instead.

    ``getblock`` is named with its verbosity: "getblock 3".
    """

    def __init__(
        self,
        inner: Rpc,
        *,
        before_scan: Step = nothing,
        after_scan: Step = nothing,
        rewrite: dict[str, Rewrite] | None = None,
        refuse: dict[str, RpcFault] | None = None,
    ) -> None:
        self._inner, self._before, self._after = inner, before_scan, after_scan
        self._rewrite, self._refuse = rewrite or {}, refuse or {}
        self.calls: Counter[str] = Counter()
        self.scans = 0

    @property
    def provider(self) -> str:
        return self._inner.provider

    async def call(self, method: str, params: Sequence[object] = ()) -> Json:
        name = f"getblock {params[1]}" if method == "getblock" else method
        self.calls[name] += 1
        if method == "scantxoutset" and params[0] != "start":
            return await self._inner.call(method, params)
        if name in self._refuse:
            raise self._refuse[name]
        if method == "scantxoutset":
            self.scans += 1
            await self._before()
        answer = await self._inner.call(method, params)
        if method == "scantxoutset":
            await self._after()
        if name not in self._rewrite:
            return answer
        changed = self._rewrite[name](answer)
        return cast(Json, await changed if isawaitable(changed) else changed)

    async def batch(self, calls: Sequence[Call]) -> list[Json | RpcFault]:
        self.calls.update(method for method, _ in calls)
        refused = [self._refuse[method] for method, _ in calls if method in self._refuse]
        return list(refused) if refused else await self._inner.batch(calls)
