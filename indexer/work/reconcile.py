"""After the sweep: on chains that can only be read now, follow the transfers between the claim and its reading.

They explain a reading; the row stays `unpinned` all the same. Where an earlier run read the same holding before the
claimed height, transfers are followed from there, too: reading before, transfers and reading after must add up, which
shows whether the list of transfers is whole, and what was held at the claimed height from the other side. A reading
that is itself before the claimed height is not followed: it is what a later run can start from.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass

from chains.adapter import ChainAdapter, Reconciling
from chains.errors import ChainError
from chains.types import ChainId, Failure, Flows, Reason
from indexer.model.config import Policy
from indexer.model.run import Unfollowed
from indexer.store import before
from indexer.store import flows as store
from indexer.store.database import Database
from indexer.work.endpoints import Lanes
from indexer.work.fetcher import LaneFailed, ask
from indexer.work.observer import Observer
from indexer.work.supervisor import Sleep
from indexer.work.tasks import together


@dataclass(frozen=True, slots=True)
class Reconciliation:
    """One run's transfers. ``stop`` ends it after the pieces in hand."""

    db: Database
    run_id: int
    adapters: Mapping[ChainId, ChainAdapter]
    lanes: Mapping[ChainId, Lanes]
    policy: Policy
    observer: Observer
    stop: asyncio.Event
    sleep: Sleep = asyncio.sleep

    async def finished(self) -> bool:
        """Whether every reading that should be followed has been, or has a reason why it cannot be."""
        for chain in self._chains():
            if await store.since_claims(self.db, self.run_id, chain):
                return False
            if not await before.all_sought(self.db, self.run_id, chain):
                return False
            if await store.since_readings(self.db, self.run_id, chain):
                return False
        return True

    async def run(self) -> None:
        """In passes, as the sweep. What is still open afterwards stays open: the same command goes on from there."""
        for number in range(1, self.policy.passes_max + 1):
            async with together() as group:
                for chain in self._chains():
                    group.create_task(self._chain(chain), name=f"reconcile {chain}")
            if self.stop.is_set() or await self.finished():
                return
            if number < self.policy.passes_max:
                await self.sleep(self.policy.pass_pause_s)

    def _chains(self) -> list[ChainId]:
        return [chain for chain, adapter in self.adapters.items() if isinstance(adapter, Reconciling)]

    async def _chain(self, chain: ChainId) -> None:
        await before.seek_readings_before(self.db, self.run_id, chain, days_max=self.policy.reconcile_days_max)
        for wanted in (store.since_claims, store.since_readings):
            for piece in await wanted(self.db, self.run_id, chain):
                if self.stop.is_set():
                    return
                await self._follow(piece)

    async def _follow(self, piece: Unfollowed) -> None:
        adapter, lanes = self.adapters[piece.chain], self.lanes.get(piece.chain, ())
        assert isinstance(adapter, Reconciling)
        if piece.lane >= len(lanes):
            self.observer.problem(piece.chain, "no provider to follow transfers with")
            return
        lane = lanes[piece.lane]
        try:
            endpoint, flows = await ask(
                lane,
                adapter,
                lambda rpc: adapter.flows(rpc, since=piece.since, until=piece.until, keys=piece.keys),
                at=piece.until,
            )
        except LaneFailed as failed:
            if not failed.is_refusal:
                self.observer.problem(piece.chain, str(failed))
                return
            endpoint, flows = lane[0], _refused(piece, str(failed))
        except ChainError as error:
            self.observer.problem(piece.chain, str(error))
            return
        assert len(flows.amounts) == len(piece.keys), "one flow per key"
        await store.save_flows(
            self.db, self.run_id, piece, provider=endpoint.spec.name, operator=endpoint.spec.operator, flows=flows
        )


def _refused(piece: Unfollowed, said: str) -> Flows:
    failures = dict.fromkeys(range(len(piece.keys)), Failure(Reason.REFUSED, said))
    return Flows(piece.since, piece.until, [None] * len(piece.keys), failures)
