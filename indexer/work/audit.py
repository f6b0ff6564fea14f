"""The steps of an audit in their order, each safe to repeat: begin, plan, sweep, reconcile, prove, ask, conclude."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from importlib.metadata import version

import msgspec

from chains.adapter import ChainAdapter
from chains.proofs import NoProofs
from chains.types import ChainId
from indexer.clock import Clock
from indexer.core.conclude import owed_but_unlisted, reserve_ratios
from indexer.core.moment import moment_finding, moments
from indexer.core.ownership import counted
from indexer.model.result import Report
from indexer.model.run import RunInfo, RunState
from indexer.settings import Settings
from indexer.store import cross_checks, ownership, proofs, results, runs, shards
from indexer.store import findings as finding_store
from indexer.store.database import Database
from indexer.work.commitment_check import add_commitment_findings
from indexer.work.control import Asking
from indexer.work.cross_check import CrossChecking
from indexer.work.endpoints import Checkers, Lanes, keys_per_shard
from indexer.work.observer import Observer
from indexer.work.planner import plan_group
from indexer.work.prove import Proving
from indexer.work.publication import Publication, PublishedFiles, adapters_of, import_publication, provers_of
from indexer.work.reconcile import Reconciliation
from indexer.work.signatures import check_signatures
from indexer.work.supervisor import Sweep

CODE_VERSION = f"assay {version('assay')}"


@dataclass(frozen=True, slots=True)
class Audit:
    """What every step needs. ``lanes`` are the open providers; steps that read no chain get an empty mapping."""

    db: Database
    settings: Settings
    clock: Clock
    observer: Observer
    lanes: Mapping[ChainId, Lanes]
    stop: asyncio.Event
    checkers: Mapping[ChainId, Checkers] = field(default_factory=dict)

    async def begin(
        self, files: PublishedFiles, *, as_of: datetime | None = None, fresh: bool = False
    ) -> tuple[Publication, RunInfo]:
        """The published files in the store, the run they are audited by, and the verdict on every row's signatures.

        That is the unfinished run of this very publication and as-of, else its frozen one, else a new one. Raises
        BadList, BadStatement.
        """
        published = await import_publication(self.db, self.settings, files, self.observer, code_version=CODE_VERSION)
        run = await runs.open_run(
            self.db,
            exchange=files.exchange,
            list_id=published.list_id,
            statement_id=published.statement_id,
            verdict_id=published.verdict_id,
            as_of=as_of,
            quorum=self.settings.policy.quorum,
            policy=msgspec.json.encode(self.settings.policy).decode(),
            code_version=CODE_VERSION,
            now=self.clock.now(),
            fresh=fresh,
        )
        if run.state is not RunState.FROZEN:
            await add_commitment_findings(self.db, run.run_id)
        await check_signatures(
            self.db,
            run,
            files.list_path,
            list_format=published.summary.format,
            settings=self.settings,
            observer=self.observer,
            stop=self.stop,
        )
        return published, run

    async def carry_out(self, run: RunInfo) -> Report:
        """Every step from the plan to the conclusion. Safe to repeat: what is done is not done again."""
        await self.plan(run)
        await self.sweep(run)
        await self.reconcile(run)
        await self.prove(run)
        await self.ask_controllers(run)
        return await self.conclude(run)

    async def plan(self, run: RunInfo) -> None:
        """Pin every network of the run that has no block yet, and cut its claims into shards."""
        if run.state is RunState.FROZEN:
            return
        adapter_of = adapters_of(self.settings)
        known = {(pin.chain, pin.height_claimed): pin for pin in await runs.pins(self.db, run.run_id)}
        next_no = 1 + max((pin.pin_no for pin in known.values()), default=-1)
        for group in await runs.claim_groups(self.db, run.run_id):
            pin = known.get((group.chain, group.height))
            if pin is not None and pin.block is not None:
                self.observer.pinned(pin, group.keys)
                continue
            adapter = adapter_of(group.chain)
            assert adapter is not None, "claim groups are of supported chains only"
            lanes = self.lanes.get(group.chain, ())
            planned = await plan_group(
                group,
                pin_no=next_no if pin is None else pin.pin_no,
                adapter=adapter,
                lanes=lanes,
                as_of=run.as_of_wanted,
                quorum=run.quorum,
                exchange=run.exchange,
            )
            next_no += pin is None
            for spec, reason in planned.excluded:
                await runs.exclude_instrument(self.db, run.run_id, spec, reason)
            size = keys_per_shard(adapter, lanes)
            await runs.save_pin(self.db, run.run_id, planned.pin, keys_per_shard=size, lanes=max(1, len(lanes)))
            await finding_store.add_findings(self.db, run_id=run.run_id, findings=planned.findings)
            self.observer.pinned(planned.pin, group.keys)

    async def sweep(self, run: RunInfo) -> None:
        """Read every shard that can be read now. Safe to repeat; returns early when asked to stop."""
        if run.state is RunState.FROZEN:
            return
        await runs.start_sweep(self.db, run.run_id)
        await Sweep(
            db=self.db,
            run_id=run.run_id,
            adapters=self._adapters(),
            lanes=self.lanes,
            policy=self.settings.policy,
            observer=self.observer,
            stop=self.stop,
        ).run()
        await shards.analyze(self.db, run.run_id)

    async def reconcile(self, run: RunInfo) -> None:
        """Follow the transfers between claims and later readings. Safe to repeat; what cannot be had is said by row."""
        now = await runs.get_run(self.db, run.run_id)
        if self.settings.policy.reconcile and now.state is not RunState.FROZEN:
            await self._reconciliation(run.run_id).run()

    async def prove(self, run: RunInfo) -> None:
        """Prove a sample of every network that is read; have one read again where somebody can be asked.

        Safe to repeat; no failure to prove or to check fails a run, and no network waits for another.
        """
        for _ in range(self.settings.policy.passes_max):
            now = await runs.get_run(self.db, run.run_id)
            if now.state is RunState.FROZEN or not self._proves:
                return
            held = await Proving(
                db=self.db,
                run=now,
                adapter_of=adapters_of(self.settings),
                prover_of=provers_of(self.settings),
                lanes=self.lanes,
                policy=self.settings.policy,
                observer=self.observer,
                stop=self.stop,
            ).prove()
            if held or self.stop.is_set():
                break
            await self.sweep(now)  # a pinned block is gone: it is voided there, and read anew
        await self._cross_check(run)

    async def _cross_check(self, run: RunInfo) -> None:
        if self.checkers and not self.stop.is_set():
            await CrossChecking(
                db=self.db,
                run=run,
                adapter_of=adapters_of(self.settings),
                lanes=self.lanes,
                checkers=self.checkers,
                policy=self.settings.policy,
                observer=self.observer,
                stopped=self.stop.is_set,
            ).check()

    async def ask_controllers(self, run: RunInfo) -> None:
        """Where signatures left it open who controls an address, ask its chain. Safe to repeat."""
        now = await runs.get_run(self.db, run.run_id)
        if now.state is not RunState.FROZEN:
            await self._asking(now).ask()

    async def conclude(self, run: RunInfo) -> Report:
        """The report of the run as it stands; a run with nothing left to read or prove is frozen first."""
        now = await runs.get_run(self.db, run.run_id)
        if now.state is not RunState.FROZEN and await self._finished(now):
            totals, _ = await results.totals(self.db, run.run_id)
            owed = await results.owed(self.db, run.run_id)
            whole = [*totals, *owed_but_unlisted(totals, owed.liabilities)]
            reserves = counted(whole, await results.load_ownership(self.db, now))
            ratios = reserve_ratios(reserves, owed.liabilities, owed.backing)
            await self._compare_moments(run.run_id, owed)
            await results.freeze(self.db, run.run_id, now=self.clock.now(), totals=whole, ratios=ratios)
        return await self.report(run.run_id)

    async def report(self, run_id: int) -> Report:
        """The run as it stands, frozen or not; an unfinished one says so in every total."""
        names = {chain: spec.name for chain, spec in self.settings.chains.items()}
        prover_of = provers_of(self.settings)
        return await results.load_report(
            self.db,
            run_id,
            exceptions_max=self.settings.policy.exceptions_max,
            chain_names=names,
            proofs_owed=lambda chain: self._proves and not isinstance(prover_of(chain), NoProofs),
        )

    async def _compare_moments(self, run_id: int, owed: results.Owed) -> None:
        if owed.statement_id is None:
            return
        found = moment_finding(moments(owed.as_of, await runs.pins(self.db, run_id)))
        await finding_store.add_findings(self.db, run_id=run_id, findings=[] if found is None else [found])

    @property
    def _proves(self) -> bool:
        return self.settings.policy.prove_top + self.settings.policy.prove_draws > 0

    def _asking(self, run: RunInfo) -> Asking:
        return Asking(
            db=self.db,
            run=run,
            adapter_of=adapters_of(self.settings),
            lanes=self.lanes,
            observer=self.observer,
            stop=self.stop,
        )

    def _adapters(self) -> dict[ChainId, ChainAdapter]:
        """Of the chains that have providers."""
        adapter_of: Callable[[ChainId], ChainAdapter | None] = adapters_of(self.settings)
        return {chain: adapter for chain in self.lanes if (adapter := adapter_of(chain)) is not None}

    def _reconciliation(self, run_id: int) -> Reconciliation:
        return Reconciliation(
            db=self.db,
            run_id=run_id,
            adapters=self._adapters(),
            lanes=self.lanes,
            policy=self.settings.policy,
            observer=self.observer,
            stop=self.stop,
        )

    async def _finished(self, run: RunInfo) -> bool:
        if not await self._read(run.run_id) or not (await ownership.check_state(self.db, run.run_id)).done:
            return False
        if self._proves and not await proofs.all_proven(self.db, run.run_id):
            return False
        if self.settings.policy.reconcile and not await self._reconciliation(run.run_id).finished():
            return False
        if not await cross_checks.all_checked(self.db, run.run_id):
            return False
        return await self._asking(run).done()

    async def _read(self, run_id: int) -> bool:
        groups = await runs.claim_groups(self.db, run_id)
        pinned = {(pin.chain, pin.height_claimed) for pin in await runs.pins(self.db, run_id) if pin.block is not None}
        if any((group.chain, group.height) not in pinned for group in groups):
            return False
        return all(row.shards_done == row.shards for row in await shards.progress(self.db, run_id))
