"""After the sweep: a sample of what was read is proven from the hash of the pinned block, or it is said why not.

No provider is believed here, so any of them may give the proofs: they are asked in turn until every row has one. A
failure to prove never fails the run, and is never an amount.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from chains.adapter import ChainAdapter, Prover
from chains.errors import ChainError, Reorged
from chains.proofs import Contradiction, Doubted, NoProofs, NotProvable, Outcome, ProvenBalance
from chains.types import BalanceKey, BlockRef, ChainId
from indexer.core.sampling import sample
from indexer.model.config import Policy
from indexer.model.findings import Finding, Severity
from indexer.model.proofs import Evidence, Population, ProofSample, ProofState, ProvenChunk, RowOutcome, SampledRow
from indexer.model.run import Pin, RunInfo
from indexer.store import proofs as store
from indexer.store import runs
from indexer.store.database import Database
from indexer.work.endpoints import Endpoint, Lanes
from indexer.work.observer import Observer
from indexer.work.slot_rules import Learner, Rules, unanswered
from indexer.work.tasks import together

CHUNK = 1_000
"""Rows that are proven and kept together: a killed run begins the chunk again."""
DOUBTED = "this network may not keep its state as Ethereum does, or the provider lies: "
SPECIAL = "this holder's balance is not in its slot alone: the token treats it specially"


@dataclass(frozen=True, slots=True)
class Proving:
    """One run's proofs, on every network that has them. ``stop`` ends it after the chunk in hand."""

    db: Database
    run: RunInfo
    adapter_of: Callable[[ChainId], ChainAdapter | None]
    prover_of: Callable[[ChainId], Prover | NoProofs]
    lanes: Mapping[ChainId, Lanes]
    policy: Policy
    observer: Observer
    stop: asyncio.Event

    async def prove(self) -> bool:
        """Whether the pins that are read held. Safe to repeat: what was chosen stays chosen, what was decided is not
        asked again. Pins that are not read yet keep nobody waiting.
        """
        pins = await runs.read_pins(self.db, self.run.run_id)
        await self._choose(pins)
        by_chain: dict[ChainId, list[Pin]] = {}
        for pin in pins:
            by_chain.setdefault(pin.chain, []).append(pin)
        async with together() as group:
            tasks = [
                group.create_task(self._chain(members), name=f"prove {name}") for name, members in by_chain.items()
            ]
        return all(task.result() for task in tasks)

    async def _choose(self, pins: Sequence[Pin]) -> None:
        """Choose once, and only now: who reads must not know before what will be proven. So the seed is a new one each
        time, for pins that are read by now: what was drawn before tells nothing of what is read later.
        """
        run_id = self.run.run_id
        seed = self.policy.prove_seed or secrets.token_hex(16)
        chosen = await store.sampled_pins(self.db, run_id)
        for pin in pins:
            if pin.pin_no in chosen:
                continue
            prover = self.prover_of(pin.chain)
            unproven = prover.reason if isinstance(prover, NoProofs) else None
            found = await store.populations(self.db, run_id, self.run.list_id, pin)
            samples = [choose(each, pin, self.policy, seed, unproven=unproven) for each in found]
            await store.save_samples(self.db, run_id, samples)

    async def _chain(self, pins: Sequence[Pin]) -> bool:
        prover, adapter = self.prover_of(pins[0].chain), self.adapter_of(pins[0].chain)
        lanes = self.lanes.get(pins[0].chain, ())
        if isinstance(prover, NoProofs) or adapter is None or not lanes:
            return True  # who was configured when it was read may be so again: what is chosen stays open
        held = True
        for pin in pins:
            rows = await store.pending_rows(self.db, self.run.run_id, pin.pin_no)
            if not rows or self.stop.is_set():
                continue
            assert pin.block is not None
            # An explorer repeats what its index says: it has no proofs.
            endpoints = [endpoint for lane in lanes for endpoint in lane if not endpoint.spec.is_explorer]
            tokens = dict.fromkeys(row.key.instrument for row in rows if prover.needs_rule(row.key.instrument))
            learner = Learner(self.db, pin.chain, pin.block, adapter, prover, endpoints)
            asking = Asking(pin, pin.block, adapter, prover, endpoints, await learner.learn(tokens), self.observer)
            for start in range(0, len(rows), CHUNK):
                if self.stop.is_set():
                    return held
                chunk = await asking.chunk(rows[start : start + CHUNK])
                if chunk is None:
                    held = False
                    break
                await store.save_chunk(self.db, self.run.run_id, pin, chunk)
        return held


def choose(population: Population, pin: Pin, policy: Policy, seed: str, *, unproven: str | None) -> ProofSample:
    """The sample of one population. Drawn with ``seed`` and the name of what is drawn from, so that no two draw alike;
    empty where ``unproven`` says why nothing can be proven. A line that claims no amount has no value to be drawn by.
    """
    known = [(line_no, claim) for line_no, claim in zip(population.line_nos, population.claims, strict=True)]
    lines = [line_no for line_no, claim in known if claim is not None]
    values = [claim for _, claim in known if claim is not None]
    named = (pin.pin_no, population.instrument, population.asset, population.decimals, len(values), sum(values), seed)
    if unproven is not None:
        return ProofSample(*named, draws=0, pool=0, unproven=unproven)
    drawn_with = f"{seed}/{pin.chain}/{pin.height_claimed}/{population.instrument}"
    found = sample(values, top=policy.prove_top, draws=policy.prove_draws, seed=drawn_with)
    top, drawn = (tuple(lines[index] for index in indices) for indices in (found.top, found.drawn))
    return ProofSample(*named, draws=found.draws, pool=found.pool, top=top, drawn=drawn)


@dataclass(slots=True)
class Asking:
    """One pin's proofs. ``dry`` are providers that gave none where they could have."""

    pin: Pin
    block: BlockRef
    adapter: ChainAdapter
    prover: Prover
    endpoints: Sequence[Endpoint]
    rules: Rules
    observer: Observer
    dry: set[str] = field(default_factory=set)

    async def chunk(self, rows: Sequence[SampledRow]) -> ProvenChunk | None:
        """An outcome for every row, the best that any provider could do; None where the pinned block is gone."""
        outcomes = {
            row.line_no: RowOutcome(row.line_no, ProofState.NOT_PROVABLE, reason=reason)
            for row in rows
            if (reason := self.rules.why_not.get(row.key.instrument)) is not None
        }
        left = {row.key: row for row in rows if row.line_no not in outcomes}
        findings: list[Finding] = []
        errors: dict[str, ChainError] = {}
        doubted: dict[str, str] = {}
        for endpoint in self._willing():
            if not left:
                break
            try:
                await endpoint.ready(self.adapter)
                answer = await self.prover.prove(endpoint.rpc, self.block, list(left), self.rules.known)
            except ChainError as error:
                endpoint.failed(error)
                errors[endpoint.spec.name] = error
                self.observer.problem(self.pin.chain, f"no proof: {error}")
                continue
            if all(isinstance(outcome, NotProvable | Doubted) for outcome in answer.outcomes):
                self.dry.add(endpoint.spec.name)
            findings += self._accuse(endpoint, answer.outcomes, left)
            if doubts := [outcome.detail for outcome in answer.outcomes if isinstance(outcome, Doubted)]:
                doubted[endpoint.spec.name] = doubts[0]
            for key, outcome in zip(list(left), answer.outcomes, strict=True):
                assert key == outcome.key, "one outcome per key, in order"
                self._decide(left[key], outcome, _evidence(endpoint, answer.evidence), outcomes)
                if isinstance(outcome, ProvenBalance):
                    del left[key]
        undecided = [row for row in left.values() if row.line_no not in outcomes]
        if undecided and errors and all(isinstance(error, Reorged) for error in errors.values()):
            return None
        for row in undecided:
            reason = unanswered(errors)
            outcomes[row.line_no] = RowOutcome(row.line_no, ProofState.NOT_PROVABLE, reason=reason)
        findings += self._resolve(doubted, outcomes.values())
        await self._check_differing({row.line_no: row for row in rows}, outcomes)
        return ProvenChunk(tuple(outcomes[row.line_no] for row in rows), tuple(findings))

    def _willing(self) -> Iterator[Endpoint]:
        """All providers; without those that gave no proof before, if there are others."""
        wet = [endpoint for endpoint in self.endpoints if endpoint.spec.name not in self.dry]
        yield from wet or self.endpoints[:1]

    def _decide(
        self, row: SampledRow, outcome: Outcome, evidence: Evidence | None, outcomes: dict[int, RowOutcome]
    ) -> None:
        """Proven is final; a contradiction stands until somebody else proves the row."""
        if isinstance(outcome, ProvenBalance):
            assert evidence is not None, "proven without a proof"
            outcomes[row.line_no] = RowOutcome(row.line_no, ProofState.PROVEN, outcome.amount, evidence)
        elif isinstance(outcome, Contradiction):
            outcomes[row.line_no] = RowOutcome(row.line_no, ProofState.CONTRADICTION, reason=outcome.detail)
        elif isinstance(outcome, Doubted):
            outcomes[row.line_no] = RowOutcome(row.line_no, ProofState.NOT_PROVABLE, reason=DOUBTED + outcome.detail)
        else:
            outcomes.setdefault(row.line_no, RowOutcome(row.line_no, ProofState.NOT_PROVABLE, reason=outcome.reason))

    def _accuse(
        self, endpoint: Endpoint, outcomes: Sequence[Outcome], rows: Mapping[BalanceKey, SampledRow]
    ) -> list[Finding]:
        lies = [outcome for outcome in outcomes if isinstance(outcome, Contradiction)]
        if not lies:
            return []
        said = (
            f"{self.pin.chain}: {len(lies)} of {len(outcomes)} proofs of {endpoint.spec.name} at block "
            f"{self.block.height} do not prove what it says, such as: {lies[0].detail}"
        )
        return [Finding(Severity.EXCEPTION, "proof-contradiction", said, rows[lies[0].key].line_no)]

    def _resolve(self, doubted: Mapping[str, str], outcomes: Iterable[RowOutcome]) -> list[Finding]:
        """Who proves nothing of a block lied if another proves something of it; else nobody can tell."""
        proven = any(outcome.state is ProofState.PROVEN for outcome in outcomes)
        severity, kind = (Severity.EXCEPTION, "proof-contradiction") if proven else (Severity.WARNING, "proof-doubted")
        beside = "; that of another provider does" if proven else ""
        return [
            Finding(severity, kind, f"{self.pin.chain}: {name}: {detail}{beside}") for name, detail in doubted.items()
        ]

    async def _check_differing(self, rows: Mapping[int, SampledRow], outcomes: dict[int, RowOutcome]) -> None:
        """A token may treat a holder specially (fees, the pool itself): then its slot is not its balance."""
        for line_no, outcome in outcomes.items():
            row = rows[line_no]
            rule = self.rules.known.get(row.key.instrument)
            if outcome.amount is None or row.reading is None or outcome.amount == row.reading or rule is None:
                continue
            if await self._is_special(rule, row.key):
                outcomes[line_no] = RowOutcome(line_no, ProofState.NOT_PROVABLE, reason=SPECIAL)

    async def _is_special(self, rule: str, key: BalanceKey) -> bool:
        """Whether providers say so, and none shows the opposite. Without an answer the difference stands."""
        denied = False
        for endpoint in self.endpoints:
            try:
                await endpoint.ready(self.adapter)
                if await self.prover.confirms(endpoint.rpc, self.block, rule, holder=key.address):
                    return False
            except ChainError as error:
                endpoint.failed(error)
                continue
            denied = True
        return denied


def _evidence(endpoint: Endpoint, evidence: bytes | None) -> Evidence | None:
    return None if evidence is None else Evidence(endpoint.spec.name, endpoint.spec.operator, evidence)
