"""Whose turn it is: one provider's places, its pace, and its retries."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

from aiolimiter import AsyncLimiter

from chains.rpc.backoff import Jitter, Sleep, retrying
from chains.rpc.http import Counters
from chains.spec import ProviderSpec

T = TypeVar("T")

_WINDOW_S = 0.1
"""The rate limit may be used up in bursts this long, so no second ever sees more than 1.1 times the limit."""


class Turns:
    """Shared by all who ask one provider."""

    def __init__(self, spec: ProviderSpec, counters: Counters, *, sleep: Sleep, jitter: Jitter) -> None:
        self._attempts_max, self._counters, self._sleep, self._jitter = spec.attempts_max, counters, sleep, jitter
        self._in_flight = asyncio.Semaphore(spec.in_flight_max)
        burst = max(1.0, spec.pace_per_s * _WINDOW_S)
        self._pace = AsyncLimiter(burst, burst / spec.pace_per_s)

    async def take(self, request: Callable[[], Awaitable[T]]) -> T:
        """What one ``request`` returns, which is repeated while it raises Transport; its last error otherwise."""

        async def attempt() -> T:
            await self._pace.acquire()
            return await request()

        policy = retrying(
            attempts_max=self._attempts_max, sleep=self._sleep, jitter=self._jitter, on_retry=self._count_retry
        )
        # The place is held while waiting to retry: a provider in trouble is then asked less, by as much as it fails.
        async with self._in_flight:
            return await policy(attempt)

    def _count_retry(self) -> None:
        self._counters.retries += 1
