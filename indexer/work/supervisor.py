"""The sweep: workers per chain and lane in one TaskGroup, until every shard is done or nothing moves any more."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field

import structlog

from chains.adapter import ChainAdapter
from chains.errors import ChainError
from chains.types import BlockRef, ChainId, Pinning
from indexer.model.config import Policy
from indexer.model.findings import Finding, Severity
from indexer.model.run import Pin, ShardKeys, ShardLease
from indexer.store import findings, runs, shards
from indexer.store.database import Database
from indexer.work import reading
from indexer.work.endpoints import Endpoint, Lanes, keys_per_shard
from indexer.work.fetcher import ask
from indexer.work.observer import Observer
from indexer.work.pin_check import check_pin
from indexer.work.tasks import together

log = structlog.get_logger(__name__)

Sleep = Callable[[float], Awaitable[None]]


@dataclass(slots=True)
class _Pins:
    """What came of checking the pins: whether any was voided, and what witnesses could not agree on."""

    voided: bool = False
    contested: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Sweep:
    """One run's sweep over every chain that has lanes. ``stop`` asks it to finish the shards in hand and return."""

    db: Database
    run_id: int
    adapters: Mapping[ChainId, ChainAdapter]
    lanes: Mapping[ChainId, Lanes]
    policy: Policy
    observer: Observer
    stop: asyncio.Event
    sleep: Sleep = asyncio.sleep

    async def run(self) -> None:
        """Sweep in passes, so that shards a bad network refused are asked again after the others.

        Returns when all is done, when ``policy.passes_max`` passes were made, or when ``stop`` is set. Whatever is
        left stays open: the same command goes on from there.
        """
        await shards.reclaim(self.db, self.run_id)
        await self._say_who_is_missing()
        pins = _Pins()
        for number in range(1, self.policy.passes_max + 1):
            await self._one_pass(number)
            if self.stop.is_set():
                return
            pins = await self._check_pins()
            left = any(row.shards_done < row.shards for row in await shards.progress(self.db, self.run_id))
            if not (left or pins.voided or pins.contested):
                return
            if not pins.voided and number < self.policy.passes_max:
                await self.sleep(self.policy.pass_pause_s)
        contested = [Finding(Severity.WARNING, "pin-contested", said) for said in pins.contested]
        await findings.add_findings(self.db, run_id=self.run_id, findings=contested)

    async def _say_who_is_missing(self) -> None:
        """A run keeps the number of witnesses it was opened with: what the missing ones should read stays open."""
        rows = await shards.progress(self.db, self.run_id)
        wanted = {row.chain: row.lane + 1 for row in rows}  # lanes come in order
        for row in rows:
            present = len(self.lanes.get(row.chain, ()))
            if row.lane >= present and row.shards_done < row.shards:
                said = f"independent operators: {wanted[row.chain]} when this run was opened, {present} configured now"
                await shards.explain(self.db, self.run_id, row.chain, row.lane, said)
                self.observer.problem(row.chain, said)

    async def _one_pass(self, number: int) -> None:
        async with together() as group:
            for chain in self.adapters:
                for lane_no in range(len(self.lanes[chain])):
                    for worker_no in range(self.policy.workers_per_lane):
                        group.create_task(self._worker(chain, lane_no, worker_no, number))

    async def _worker(self, chain: ChainId, lane_no: int, worker_no: int, number: int) -> None:
        owner = f"{chain}/{lane_no}/{worker_no}"
        while not self.stop.is_set():
            lease = await shards.lease_shard(
                self.db,
                run_id=self.run_id,
                chain=chain,
                lane=lane_no,
                owner=owner,
                lease_s=self.policy.lease_s,
                attempts_below=number,
            )
            if lease is None:
                return
            try:
                await self._read(lease, self.lanes[chain][lane_no], first=worker_no)
            except shards.LeaseLost:
                log.warning("lease lost", chain=chain, shard=lease.shard_no)

    async def _read(self, lease: ShardLease, lane: tuple[Endpoint, ...], *, first: int) -> None:
        """Read one shard and commit it whole, or give it back with the reason."""
        adapter, pin = self.adapters[lease.pin.chain], lease.pin
        block = pin.block
        assert block is not None, "a pin without a block has no shards"
        keys = await shards.load_keys(self.db, lease)
        beat = asyncio.create_task(self._heartbeat(lease), name=f"heartbeat {lease.shard_no}")
        try:
            question = reading.balances(self.db, adapter, lane, block, keys.keys, observer=self.observer)
            endpoint, readings = await ask(lane, adapter, question, first=first, at=block)
        except ChainError as error:
            await shards.release_shard(self.db, lease, str(error))
            self.observer.problem(pin.chain, str(error))
            return
        finally:
            beat.cancel()
            with suppress(asyncio.CancelledError):
                await beat
        _check(keys, pin, adapter, readings.block, len(readings.amounts))
        await shards.commit_shard(
            self.db,
            lease,
            provider=endpoint.spec.name,
            operator=endpoint.spec.operator,
            line_nos=keys.line_nos,
            readings=readings,
        )
        self.observer.read(pin.chain, len(keys.keys))

    async def _heartbeat(self, lease: ShardLease) -> None:
        """Keep the lease alive while a slow provider answers; a lost lease shows at commit, by its fence."""
        while True:
            await self.sleep(self.policy.heartbeat_s)
            if not await shards.heartbeat(self.db, lease, self.policy.lease_s):
                return

    async def _check_pins(self) -> _Pins:
        """Ask every witness of every pinned chain once more: a reorg voids what was read under the old block."""
        found = _Pins()
        for pin in await runs.pins(self.db, self.run_id):
            adapter, lanes = self.adapters.get(pin.chain), self.lanes.get(pin.chain)
            if pin.block is None or adapter is None or not lanes or adapter.pinning is Pinning.TIP:
                continue
            check = await check_pin(pin.block, adapter, lanes)
            for problem in check.unasked:
                self.observer.problem(pin.chain, f"the pin could not be checked again: {problem}")
            if check.contested:
                self.observer.problem(pin.chain, check.contested)
                found.contested.append(f"{pin.chain}: {check.contested}")
            if check.moved_to is not None:
                found.voided = True
                await self._void(pin, adapter, check.moved_to, lanes)
        return found

    async def _void(self, pin: Pin, adapter: ChainAdapter, now: BlockRef, lanes: Lanes) -> None:
        assert pin.block is not None
        reason = f"reorganised: block {pin.block.height} was {pin.block.hash}, is {now.hash}"
        self.observer.problem(pin.chain, reason)
        await runs.void_pin(
            self.db,
            self.run_id,
            pin.pin_no,
            reason,
            block=now,
            keys_per_shard=keys_per_shard(adapter, lanes),
            lanes=len(lanes),
        )


def _check(keys: ShardKeys, pin: Pin, adapter: ChainAdapter, served: BlockRef, count: int) -> None:
    """Our own adapters' contract: one reading per key, of the block that was asked for."""
    assert count == len(keys.keys), f"{count} readings for {len(keys.keys)} keys"
    if adapter.pinning is not Pinning.TIP:
        assert pin.block is not None
        assert (served.height, served.hash) == (pin.block.height, pin.block.hash), "readings of another block"
