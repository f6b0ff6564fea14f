"""A provider that lets a test step in: before and after the scan, or in place of an answer."""

from __future__ import annotations

from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence
from inspect import isawaitable
from pathlib import Path
from typing import Any, cast

from chains.adapter import Call, Json, Params, Rpc
from chains.errors import NoMethod, RpcFault

Step = Callable[[], Awaitable[object]]
Rewrite = Callable[[Any], Any]
"""An answer -> another one, or an awaitable of it."""


async def nothing() -> None:
    """The step of a test that does not step in."""


class Meddled:
    """``rewrite`` maps a method to what becomes of its answer; ``refuse`` to the fault it gives instead; ``offer`` to a
    method that the node itself does not have, given its first parameter.

    ``getblock`` is named with its verbosity: "getblock 3". Scans are stepped into, not questions about them.
    """

    def __init__(
        self,
        inner: Rpc,
        *,
        before_scan: Step = nothing,
        after_scan: Step = nothing,
        rewrite: Mapping[str, Rewrite] | None = None,
        refuse: Mapping[str, RpcFault] | None = None,
        offer: Mapping[str, Rewrite] | None = None,
        dumps: Path | None = None,
    ) -> None:
        self._inner, self._before, self._after = inner, before_scan, after_scan
        self._rewrite, self._refuse, self._offer = rewrite or {}, refuse or {}, offer or {}
        self.calls: Counter[str] = Counter()
        self.scans = 0
        self.dumps = dumps

    @property
    def provider(self) -> str:
        return self._inner.provider

    async def call(self, method: str, params: Params = ()) -> Json:
        name = _name(method, params)
        self.calls[name] += 1
        assert isinstance(params, Sequence), "a node of this family is asked by position"
        is_scan = method == "scantxoutset" and params[0] == "start"
        fault = self._refuse.get(name)
        if fault is not None and (is_scan or method != "scantxoutset" or isinstance(fault, NoMethod)):
            raise fault
        if name in self._offer:
            offered = self._offer[name](params[0] if params else None)
            return cast(Json, await offered if isawaitable(offered) else offered)
        if is_scan:
            self.scans += 1
            await self._before()
        answer = await self._inner.call(method, params)
        if is_scan:
            await self._after()
        changed = await self._changed(name, answer) if is_scan or method != "scantxoutset" else answer
        if isinstance(changed, RpcFault):
            raise changed
        return changed

    async def batch(self, calls: Sequence[Call]) -> list[Json | RpcFault]:
        names = [_name(method, params) for method, params in calls]
        self.calls.update(names)
        refused = [self._refuse[name] for name in names if name in self._refuse]
        if refused:
            return list(refused)
        answers = await self._inner.batch(calls)
        return [await self._changed(name, answer) for name, answer in zip(names, answers, strict=True)]

    async def _changed(self, name: str, answer: Json | RpcFault) -> Json | RpcFault:
        if name not in self._rewrite:
            return answer
        changed = self._rewrite[name](answer)
        return cast("Json | RpcFault", await changed if isawaitable(changed) else changed)


def _name(method: str, params: Params) -> str:
    assert isinstance(params, Sequence), "a node of this family is asked by position"
    return f"getblock {params[1]}" if method == "getblock" else method
