"""After the sweep: who controls an address whose signatures left something open, asked of its chain at the pinned
block.

Every lane is an independent witness, as for balances. Explorers are not asked. What a chain cannot say stays what the
signatures made of it, with the reason; what the network failed to bring stays open, and is asked again.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from chains.adapter import ChainAdapter, Controlling
from chains.controllers import Controls
from chains.errors import ChainError, Transport
from chains.types import Address, BlockRef, ChainId, Failure, Reason
from indexer.core.ownership import settled
from indexer.model.control import ControlOutcome, OpenRow
from indexer.model.run import Pin, RunInfo
from indexer.store import ownership as store
from indexer.store import runs
from indexer.store.database import Database
from indexer.work.endpoints import Endpoint, Lanes
from indexer.work.followed import Answers, followed
from indexer.work.observer import Observer
from indexer.work.tasks import together

CHUNK = 200
Lane = Sequence[Endpoint]


@dataclass(frozen=True, slots=True)
class Asking:
    """One run's open rows, on every network whose family can say who controls an address."""

    db: Database
    run: RunInfo
    adapter_of: Callable[[ChainId], ChainAdapter | None]
    lanes: Mapping[ChainId, Lanes]
    observer: Observer
    stop: asyncio.Event

    async def ask(self) -> None:
        """Safe to repeat: what was said is not asked again."""
        by_chain: dict[ChainId, list[Pin]] = {}
        for pin in await runs.pins(self.db, self.run.run_id):
            if pin.block is not None:
                by_chain.setdefault(pin.chain, []).append(pin)
        async with together() as group:
            for chain, pins in by_chain.items():
                group.create_task(self._chain(pins), name=f"control {chain}")

    async def done(self) -> bool:
        """Whether nothing is open that could be asked with these providers."""
        for pin in await runs.pins(self.db, self.run.run_id):
            askable = pin.block is not None and self.lanes.get(pin.chain) and self._family(pin.chain) is not None
            if askable and await store.open_rows(self.db, self.run.run_id, pin):
                return False
        return True

    def _family(self, chain: ChainId) -> ChainAdapter | None:
        adapter = self.adapter_of(chain)
        return adapter if isinstance(adapter, Controlling) else None

    async def _chain(self, pins: Sequence[Pin]) -> None:
        adapter, lanes = self._family(pins[0].chain), self.lanes.get(pins[0].chain, ())
        if adapter is None or not lanes:
            return
        for pin in pins:
            assert pin.block is not None
            rows = await store.open_rows(self.db, self.run.run_id, pin)
            for start in range(0, len(rows), CHUNK):
                if self.stop.is_set():
                    return
                outcomes = await self._chunk(adapter, pin.block, rows[start : start + CHUNK], lanes)
                await store.save_outcomes(self.db, self.run.run_id, pin, outcomes)

    async def _chunk(
        self, adapter: ChainAdapter, block: BlockRef, rows: Sequence[OpenRow], lanes: Lanes
    ) -> list[ControlOutcome]:
        addresses = list(dict.fromkeys(row.address for row in rows))
        told = [await self._told(adapter, block, addresses, number, lane) for number, lane in enumerate(lanes)]
        if any(answers is None for answers, _ in told):
            return []
        providers = ", ".join(name for _, name in told if name)
        outcomes = []
        for row in rows:
            at = addresses.index(row.address)
            said, detail = settled(row.signers, [answers[at] for answers, _ in told if answers is not None])
            outcomes.append(ControlOutcome(row.line_no, said, detail, providers))
        return outcomes

    async def _told(
        self, adapter: ChainAdapter, block: BlockRef, addresses: Sequence[Address], number: int, lane: Lane
    ) -> tuple[Answers | None, str]:
        """What one witness says, and where another chain decides, what the same witness says there."""
        answers, name = await self._witness(adapter, block, addresses, lane)
        if answers is None:
            return None, ""

        failed = False

        async def elsewhere(chain: ChainId, named: Sequence[Address]) -> Answers | None:
            nonlocal failed
            there, lanes = self._family(chain), self.lanes.get(chain, ())
            if there is None or not lanes:
                return None
            found, _ = await self._witness(there, block.height, named, lanes[min(number, len(lanes) - 1)])
            failed = failed or found is None
            return found

        whole = await followed(answers, elsewhere)
        return None if failed else whole, name

    async def _witness(
        self, adapter: ChainAdapter, at: BlockRef | int, addresses: Sequence[Address], lane: Lane
    ) -> tuple[Answers | None, str]:
        """What the first provider of a lane that answers says of each address, as of a block or a height; its name,
        and the block if another. None where the network kept us from asking: it may be asked again.
        """
        assert isinstance(adapter, Controlling), "asked for before"
        reason, again = "only explorers are configured, which do not say this", False
        for endpoint in lane:
            if endpoint.spec.is_explorer:
                continue
            try:
                await endpoint.ready(adapter)
                block = await adapter.block_at(endpoint.rpc, height=at) if isinstance(at, int) else at
                controls = await adapter.controllers(endpoint.rpc, block, addresses)
            except ChainError as error:
                endpoint.failed(error)
                reason, again = str(error), again or isinstance(error, Transport)
                self.observer.problem(adapter.chain, f"controllers not read: {error}")
                continue
            served = controls.block
            name = endpoint.spec.name if served == block else f"{endpoint.spec.name} (as of block {served.height})"
            return _answers(controls, addresses), name
        return None if again else (Failure(Reason.REFUSED, reason),) * len(addresses), ""


def _answers(controls: Controls, addresses: Sequence[Address]) -> Answers:
    assert len(controls.authorities) == len(addresses), "one answer per address"
    return tuple(controls.failures.get(index, found) for index, found in enumerate(controls.authorities))
