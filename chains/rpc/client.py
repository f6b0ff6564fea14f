"""One provider behind the Rpc protocol: limits, retries, batches that split until they are taken."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from aiohttp.abc import AbstractResolver

from chains.adapter import Call, Json, Params
from chains.errors import ChainError, RpcFault, TooLarge, Transport
from chains.rpc import rest
from chains.rpc.backoff import Jitter, Sleep
from chains.rpc.http import Counters, Door, open_door
from chains.rpc.refusals import Oversized
from chains.rpc.turns import Turns
from chains.rpc.wire import Outcome, decode, encode
from chains.spec import ProviderSpec


class HttpRpc:
    """Implements chains.adapter.Rpc. Made by ``open_rpc``; every error it raises is redacted and names the provider."""

    def __init__(self, spec: ProviderSpec, door: Door, *, sleep: Sleep, jitter: Jitter) -> None:
        self._spec = spec
        self._door = door
        self._turns = Turns(spec, door.counters, sleep=sleep, jitter=jitter)
        self._next_id = 1
        self._batch_max = self._refused_min = spec.batch_max
        self._taken_max = 1

    @property
    def provider(self) -> str:
        return self._spec.name

    @property
    def dumps(self) -> Path | None:
        """Where dump files of this node lie, as config says."""
        return None if self._spec.dumps is None else Path(self._spec.dumps)

    @property
    def counters(self) -> Counters:
        """Live totals since this provider was opened."""
        return self._door.counters

    async def call(self, method: str, params: Params = ()) -> Json:
        """The result, None included: what a null means is the adapter's business. Raises ChainError."""
        self.counters.calls += 1
        (outcome,) = await self._ask([(method, params)])
        if isinstance(outcome, ChainError):
            raise outcome
        return outcome

    async def batch(self, calls: Sequence[Call]) -> list[Json | RpcFault]:
        """One result or refusal per call, in order. Raises ChainError when any call got neither."""
        self.counters.calls += len(calls)
        size = 1 if any(rest.is_rest(method) for method, _ in calls) else self._batch_max
        parts = [calls[start : start + size] for start in range(0, len(calls), size)]
        if len(parts) == 1:
            return await self._settle(parts[0])
        tasks: list[asyncio.Task[list[Json | RpcFault]]] = []
        failure: BaseException | None = None
        try:
            async with asyncio.TaskGroup() as group:
                tasks += [group.create_task(self._settle(part)) for part in parts]
        except* ChainError as errors:
            failure = errors.exceptions[0]
        if failure is not None:
            raise failure
        return [result for task in tasks for result in task.result()]

    async def _settle(self, calls: Sequence[Call]) -> list[Json | RpcFault]:
        """Asks, and asks again in halves for what was refused as a whole or as too much."""
        outcomes: list[Outcome] | None = None
        refused: ChainError | None = None
        try:
            outcomes = await self._ask(calls)
        except (TooLarge, RpcFault) as error:
            if len(calls) == 1:
                raise
            refused = error
        if outcomes is None or (len(calls) > 1 and all(isinstance(outcome, Oversized) for outcome in outcomes)):
            return await self._settle_halves(calls, by_fault=isinstance(refused, RpcFault))
        self._taken_max = max(self._taken_max, len(calls))

        settled: dict[int, Json | RpcFault] = {}
        oversized: list[int] = []
        for index, outcome in enumerate(outcomes):
            if not isinstance(outcome, ChainError) or isinstance(outcome, RpcFault):
                settled[index] = outcome
            elif isinstance(outcome, Oversized) and len(calls) > 1:
                oversized.append(index)
            elif isinstance(outcome, Oversized):
                settled[index] = outcome.fault  # too much even alone: a refusal of this call, not of its neighbours
        middle = (len(oversized) + 1) // 2
        for half in (oversized[:middle], oversized[middle:]):
            if half:
                again = await self._settle([calls[index] for index in half])
                settled.update(zip(half, again, strict=True))
        return [settled[index] for index in range(len(calls))]

    async def _settle_halves(self, calls: Sequence[Call], *, by_fault: bool) -> list[Json | RpcFault]:
        """Remembers what size was refused while its half was taken: a provider without batches is then asked singly.

        A refusal ``by_fault``, in words we do not know, is about the size where none of the calls is refused alone,
        and no batch of that size was ever taken.
        """
        middle, taken_max = len(calls) // 2, self._taken_max
        results = [*await self._settle(calls[:middle]), *await self._settle(calls[middle:])]
        if by_fault and (len(calls) <= taken_max or any(isinstance(result, RpcFault) for result in results)):
            return results
        if len(calls) <= self._refused_min:
            self._refused_min = len(calls)
            self._batch_max = min(self._batch_max, middle)
        return results

    async def _ask(self, calls: Sequence[Call]) -> list[Outcome]:
        """One request, repeated while it fails, for what was not answered yet. No outcome is a Transport."""
        done: dict[int, Outcome] = {}

        async def attempt() -> None:
            open_calls = [index for index in range(len(calls)) if index not in done]
            outcomes = await self._exchange([calls[index] for index in open_calls])
            failed: Transport | None = None
            for index, outcome in zip(open_calls, outcomes, strict=True):
                if isinstance(outcome, Transport):
                    failed = outcome
                else:
                    done[index] = outcome
            if failed is not None:
                raise failed

        await self._turns.take(attempt)
        return [done[index] for index in range(len(calls))]

    async def _exchange(self, calls: Sequence[Call]) -> list[Outcome]:
        method, params = calls[0]
        if rest.is_rest(method):
            assert len(calls) == 1, "a REST call is a request of its own"
            return [await self._exchange_rest(method, params)]
        first_id = self._next_id
        self._next_id += len(calls)
        units = sum(self._spec.cost(method) for method, _ in calls)
        answer = await self._door.post(encode(calls, first_id), units=units)
        return decode(self.provider, answer, first_id, len(calls))

    async def _exchange_rest(self, method: str, params: Params) -> Outcome:
        path, query, body = rest.encode(method, params)
        try:
            units = self._spec.cost(method)
            answer = await (
                self._door.post(body, path, units=units) if body else self._door.get(path, query, units=units)
            )
            return rest.decode(self.provider, answer)
        except TooLarge as error:  # there is nothing to split: it is the matter of this call alone
            return Oversized(RpcFault(413, str(error)))


@asynccontextmanager
async def open_rpc(
    spec: ProviderSpec,
    *,
    sleep: Sleep = asyncio.sleep,
    jitter: Jitter = random.random,
    resolver: AbstractResolver | None = None,
) -> AsyncIterator[HttpRpc]:
    """One provider, its connections closed on exit. Raises ChainError for a URL that may not be asked."""
    async with open_door(spec, resolver=resolver) as door:
        yield HttpRpc(spec, door, sleep=sleep, jitter=jitter)
