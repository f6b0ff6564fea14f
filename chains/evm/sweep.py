"""All pairs of one request through the packed ways: four requests at a time, as large as the endpoint takes them."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Iterable

import numpy as np

from chains.adapter import Rpc
from chains.amounts import WORD
from chains.errors import ChainError, NoMethod, Pruned, RpcFault, TimedOut, TooLarge
from chains.evm.blocks import confirm
from chains.evm.context import OtherBlock
from chains.evm.faults import is_block
from chains.evm.packed import Bytes, WayFailed
from chains.evm.plan import Group, Plan
from chains.evm.probe import Endpoint
from chains.evm.ways import Way, addresses_max
from chains.types import BlockRef

IN_FLIGHT = 4
_STRIKES_MAX = 3
"""Answers a group may get that it cannot use: one backend of a load balancer can lag, or lack a way, for a moment."""


class Sweep:
    """``words[p]`` is the answer about pair p, where ``is_read[p]``. Parts not done when ``run`` raises stay to do."""

    def __init__(self, rpc: Rpc, block: BlockRef, endpoint: Endpoint, plan: Plan) -> None:
        self.words: Bytes = np.full((plan.pairs, WORD), 0xFF, np.uint8)
        self.is_read = np.zeros(plan.pairs, np.bool_)
        self._rpc, self._block, self._endpoint, self._plan = rpc, block, endpoint, plan
        self._left = deque((group, 0) for group in plan.groups())

    async def run(self) -> None:
        """Returns with pairs unread only where the last way failed, or where one alone is too much for the endpoint.

        Raises Reorged, Pruned, WrongChain, and whatever the Rpc could not overcome.
        """
        while self._left and (way := await self._endpoint.settle(self._rpc, self._block)) is not Way.BATCH:
            try:
                await self._all(way)
            except WayFailed:
                await self._endpoint.demote(self._rpc, self._block, way)
                self._left = deque((group, 0) for group, _ in self._left)

    async def _all(self, way: Way) -> None:
        failure: ChainError | None = None
        try:
            async with asyncio.TaskGroup() as tasks:
                for _ in range(IN_FLIGHT):
                    tasks.create_task(self._work(way))
        except* ChainError as errors:
            failure = errors.exceptions[0]  # type: ignore[assignment]  # no group in this group
        if failure is not None:
            raise failure

    async def _work(self, way: Way) -> None:
        while self._left:
            group, strikes = self._take(way)
            left: Iterable[tuple[Group, int]] = [(group, strikes)]
            try:
                left = await self._ask(way, group, strikes)
            finally:
                self._left.extendleft(left)

    def _take(self, way: Way) -> tuple[Group, int]:
        """The next group, cut to what may be asked at once; in even parts, so that no call carries a mere rest."""
        (columns, rows), strikes = self._left.popleft()
        size = self._endpoint.chunks[way].addresses(tokens=len(columns))
        limit = addresses_max(way, tokens=len(columns))
        parts = -(-len(rows) // min(size, limit or size))
        cut = -(-len(rows) // parts)
        if cut < len(rows):
            self._left.appendleft((Group(columns, rows[cut:]), 0))
        return Group(columns, rows[:cut]), strikes

    async def _ask(self, way: Way, group: Group, strikes: int) -> list[tuple[Group, int]]:
        """What is left to do of the group."""
        chunk, pairs = self._endpoint.chunks[way], len(group.rows) * len(group.columns)
        tokens = [token for column in group.columns if (token := self._plan.tokens[column]) is not None]
        try:
            answer = await self._endpoint.ask(self._rpc, self._block, way, tokens, self._plan.addresses[group.rows])
        except TooLarge:
            chunk.failed(pairs)
            return _halves(group)
        except TimedOut:
            chunk.failed(pairs)
            if strikes + 1 == _STRIKES_MAX:
                raise
            return [(half, strikes + 1) for half, _ in _halves(group)]
        except (OtherBlock, RpcFault, WayFailed) as error:
            if strikes + 1 == _STRIKES_MAX or isinstance(error, NoMethod):
                await self._give_up(error)
            return [(group, strikes + 1)]
        done = len(answer.words)
        if done == 0:
            chunk.failed(pairs)
            return _halves(group)
        self._keep(Group(group.columns, group.rows[:done]), answer.words)
        if done == len(group.rows):
            chunk.succeeded(pairs)
            return []
        chunk.stopped(done * len(group.columns))
        return [(Group(group.columns, group.rows[done:]), 0)]

    def _keep(self, group: Group, words: Bytes) -> None:
        at = self._plan.pairs_at(group)
        assert not self.is_read[at].any(), "no pair is asked twice"
        self.words[at] = words.reshape(-1, WORD)
        self.is_read[at] = True

    async def _give_up(self, error: OtherBlock | RpcFault | WayFailed) -> None:
        if isinstance(error, WayFailed):
            raise error
        # The header says more surely than the wording of an error whether the block is still there.
        await confirm(self._rpc, self._block)
        if isinstance(error, OtherBlock):
            raise error
        if is_block(error):
            raise Pruned(error.code, error.message, error.data)
        raise WayFailed(str(error))


def _halves(group: Group) -> list[tuple[Group, int]]:
    """Fewer addresses, or of one address fewer tokens; nothing of a single pair, which stays unread."""
    columns, rows = group
    if len(rows) > 1:
        middle = len(rows) // 2
        parts = [Group(columns, rows[:middle]), Group(columns, rows[middle:])]
    elif len(columns) > 1:
        middle = len(columns) // 2
        parts = [Group(columns[:middle], rows), Group(columns[middle:], rows)]
    else:
        parts = []
    return [(part, 0) for part in parts]
