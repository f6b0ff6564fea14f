"""After the sweep: a sample of what one pass over a whole chain read is read once more from another kind of source.

An indexer answers one address a request, so it cannot be the second witness of three hundred thousand. It is asked
about the largest and a seeded sample; where it differs, the row is disputed. That it cannot answer never fails a run.
An index that knows only now is asked between two readings of the run's own providers (now_check.py).
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from chains.adapter import ChainAdapter, OnlyNow
from chains.errors import ChainError
from chains.types import BlockRef, ChainId
from indexer.core.sampling import sample
from indexer.model.config import Policy
from indexer.model.findings import Finding, Severity
from indexer.model.run import Pin, RunInfo
from indexer.store import cross_checks as store
from indexer.store import runs
from indexer.store.cross_checks import CheckedLine, OpenLine
from indexer.store.database import Database
from indexer.work import now_check
from indexer.work.endpoints import Checkers, Lanes
from indexer.work.fetcher import LaneFailed, ask
from indexer.work.observer import Observer
from indexer.work.planner import related_parties
from indexer.work.reading import balances
from indexer.work.tasks import together

CHUNK = 20
"""Rows asked for and kept together: a killed run begins the chunk again."""


@dataclass(frozen=True, slots=True)
class CrossChecking:
    """One run's cross-checks, on every network that has somebody to ask."""

    db: Database
    run: RunInfo
    adapter_of: Callable[[ChainId], ChainAdapter | None]
    lanes: Mapping[ChainId, Lanes]
    checkers: Mapping[ChainId, Checkers]
    policy: Policy
    observer: Observer
    stopped: Callable[[], bool]

    async def check(self) -> None:
        """Safe to repeat: what was chosen stays chosen, what was answered is not asked again."""
        pins = await runs.read_pins(self.db, self.run.run_id)
        chosen = await store.chosen_pins(self.db, self.run.run_id)
        async with together() as group:
            for pin in pins:
                adapter, checkers = self.adapter_of(pin.chain), self.checkers.get(pin.chain)
                if adapter is not None and checkers:
                    await self._choose(pin, chosen)
                    group.create_task(self._pin(pin, adapter, checkers), name=f"cross-check {pin.chain}")

    async def _choose(self, pin: Pin, chosen: set[int]) -> None:
        """Once, and only now: who reads must not know before what will be checked."""
        if pin.pin_no in chosen:
            return
        found = await store.values(self.db, self.run.run_id, pin.pin_no)
        seed = self.policy.prove_seed or secrets.token_hex(16)
        drawn = sample(
            [value for _, value in found],
            top=self.policy.prove_top,
            draws=self.policy.prove_draws,
            seed=f"{seed}/{pin.chain}/{pin.height_claimed}/cross-check",
        )
        lines = [found[index][0] for index in (*drawn.top, *drawn.drawn)]
        await store.choose(self.db, self.run.run_id, pin.pin_no, lines, seed)

    async def _pin(self, pin: Pin, adapter: ChainAdapter, checkers: Checkers) -> None:
        rows = await store.open_lines(self.db, self.run.run_id, pin.pin_no)
        size = now_check.CHUNK if _know_only_now(checkers) else CHUNK
        for start in range(0, len(rows), size):
            if self.stopped():
                return
            lines = await self._ask(pin, adapter, checkers, rows[start : start + size])
            await store.answer(self.db, self.run.run_id, pin.pin_no, lines)
        await self._conclude(pin, checkers)

    async def _ask(
        self, pin: Pin, adapter: ChainAdapter, checkers: Checkers, rows: Sequence[OpenLine]
    ) -> list[CheckedLine]:
        try:
            if _know_only_now(checkers):
                return await now_check.check(adapter, self.lanes[pin.chain][0], checkers, rows)
            return await self._at_block(pin, adapter, checkers, rows)
        except ChainError as error:
            self.observer.problem(pin.chain, f"no cross-check: {error}")
            return [CheckedLine(row.line_no, reason=_why(error)) for row in rows]

    async def _at_block(
        self, pin: Pin, adapter: ChainAdapter, checkers: Checkers, rows: Sequence[OpenLine]
    ) -> list[CheckedLine]:
        block = pin.block
        assert isinstance(block, BlockRef), "only pinned networks are checked"
        keys = [row.key for row in rows]
        question = balances(self.db, adapter, checkers, block, keys, observer=self.observer)
        endpoint, readings = await ask(checkers, adapter, question, at=block)
        outcomes = [readings.failures.get(index, amount) for index, amount in enumerate(readings.amounts)]
        return [now_check.checked(row.line_no, found, endpoint) for row, found in zip(rows, outcomes, strict=True)]

    async def _conclude(self, pin: Pin, checkers: Checkers) -> None:
        """Said once: the same words again change nothing."""
        found = await store.summary(self.db, self.run.run_id, pin.pin_no)
        assert pin.block is not None
        if not found.chosen:
            return
        when = "later, between two readings," if _know_only_now(checkers) else f"at block {pin.block.height}"
        said = (
            f"{pin.chain}: {found.checked} of {found.chosen} chosen rows were read again {when}"
            f"{' from ' + ', '.join(found.providers) if found.providers else ''}: {found.differing} differ "
            f"(seed {found.seed})"
        )
        severity = Severity.NOTE if found.checked == found.chosen else Severity.WARNING
        findings = [Finding(severity, "cross-check", said), *self._about(pin.chain, checkers)]
        await store.answer(self.db, self.run.run_id, pin.pin_no, [], findings)

    def _about(self, chain: ChainId, checkers: Checkers) -> list[Finding]:
        """What an auditor must know of those who checked."""
        readers = {endpoint.spec.operator for lane in self.lanes.get(chain, ()) for endpoint in lane}
        specs = [endpoint.spec for endpoint in checkers]
        own = [
            Finding(Severity.WARNING, "independence", f"{chain}: {spec.name} checks what {spec.operator} itself read")
            for spec in specs
            if spec.operator in readers
        ]
        return [*related_parties(chain, specs, self.run.exchange), *own]


def _know_only_now(checkers: Checkers) -> bool:
    """Of one chain they are all of one sort."""
    return isinstance(checkers[0].rpc, OnlyNow)


def _why(error: ChainError) -> str:
    return str(error) if isinstance(error, LaneFailed) else f"{type(error).__name__}: {error}"
