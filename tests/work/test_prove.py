"""Which rows are chosen, who is asked for proofs, and what comes of every answer: without a chain."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import cast

import pytest

from chains.adapter import ChainAdapter, Rpc
from chains.errors import ChainError, Pruned, Reorged, Transport
from chains.proofs import Contradiction, Doubted, Learned, NotProvable, Outcome, Proofs, ProvenBalance
from chains.types import Address, BalanceKey, BlockRef, Instrument
from indexer.model.config import Policy
from indexer.model.findings import Severity
from indexer.model.proofs import Population, ProofState, ProvenChunk, SampledRow
from indexer.model.run import Pin
from indexer.store import proofs as store
from indexer.store.database import Database
from indexer.work.endpoints import Endpoint
from indexer.work.observer import Silent
from indexer.work.prove import DOUBTED, SPECIAL, Asking, Proving, choose
from indexer.work.slot_rules import Rules
from tests.store import world
from tests.work.fakes import CHAIN, COIN, FakeAdapter, endpoint

BLOCK = BlockRef(50, "a50")
PIN = Pin(3, CHAIN, 50, BLOCK, live=False)
TOKEN, ODD = Instrument("erc20:0x1"), Instrument("erc20:0x2")
Said = int | str | Sequence[str] | ChainError | None
"""A proven amount, the detail of a contradiction, the same where that is doubted (in a list), an error in the place of
an answer, or None: not provable."""


@dataclass
class FakeProver:
    """``says`` by provider; ``shows`` is what confirming a rule comes to, by provider."""

    says: Mapping[str, Said]
    shows: Mapping[str, bool | ChainError] = field(default_factory=dict)
    asked: list[tuple[str, int]] = field(default_factory=list)

    def needs_rule(self, instrument: Instrument) -> bool:
        return instrument != COIN

    async def learn_rule(self, rpc: Rpc, block: BlockRef, instrument: Instrument) -> Learned:
        raise AssertionError("the rules are known")

    async def confirms(self, rpc: Rpc, block: BlockRef, rule: str, *, holder: Address | None = None) -> bool:
        assert (block, rule, holder) == (BLOCK, "rule", "0x01")
        said = self.shows[rpc.provider]
        if isinstance(said, ChainError):
            raise said
        return said

    async def prove(
        self, rpc: Rpc, block: BlockRef, keys: Sequence[BalanceKey], rules: Mapping[Instrument, str]
    ) -> Proofs:
        self.asked.append((rpc.provider, len(keys)))
        said = self.says[rpc.provider]
        if isinstance(said, ChainError):
            raise said
        return Proofs([_outcome(key, said) for key in keys], rpc.provider.encode())

    def verify(self, evidence: bytes, block_hash: str) -> Mapping[BalanceKey, int]:
        raise AssertionError("nothing is verified here")


def _outcome(key: BalanceKey, said: int | str | Sequence[str] | None) -> Outcome:
    if isinstance(said, int):
        return ProvenBalance(key, said)
    if isinstance(said, list):
        return Doubted(key, *said)
    assert not isinstance(said, Sequence) or isinstance(said, str)
    return NotProvable(key, "no method") if said is None else Contradiction(key, said)


def row(line_no: int = 1, instrument: Instrument = COIN, reading: int | None = 5) -> SampledRow:
    return SampledRow(line_no, BalanceKey(Address(f"0x{line_no:02x}"), instrument), reading)


def asking(prover: FakeProver) -> Asking:
    endpoints: list[Endpoint] = [endpoint(name, operator=name) for name in prover.says]
    rules = Rules({TOKEN: "rule"}, {ODD: "rebasing"})
    return Asking(PIN, BLOCK, cast(ChainAdapter, FakeAdapter()), prover, endpoints, rules, Silent())


async def outcome(prover: FakeProver, one: SampledRow) -> tuple[ProofState, int | str | None, ProvenChunk]:
    chunk = await asking(prover).chunk([one])
    assert chunk is not None
    (found,) = chunk.outcomes
    assert (found.state is ProofState.PROVEN) == (found.amount is not None) == (found.evidence is not None)
    return found.state, found.reason if found.amount is None else found.amount, chunk


@pytest.mark.parametrize(
    ("says", "state", "what", "kinds"),
    [
        ({"a": 5}, ProofState.PROVEN, 5, []),
        ({"a": 6}, ProofState.PROVEN, 6, []),
        ({"a": None, "b": 5}, ProofState.PROVEN, 5, []),
        ({"a": Transport("down"), "b": 5}, ProofState.PROVEN, 5, []),
        ({"a": "lie", "b": 5}, ProofState.PROVEN, 5, ["proof-contradiction"]),
        ({"a": "lie", "b": None}, ProofState.CONTRADICTION, "lie", ["proof-contradiction"]),
        ({"a": None, "b": "lie"}, ProofState.CONTRADICTION, "lie", ["proof-contradiction"]),
        ({"a": "lie", "b": Pruned(0, "gone")}, ProofState.CONTRADICTION, "lie", ["proof-contradiction"]),
        ({"a": ["odd"]}, ProofState.NOT_PROVABLE, DOUBTED + "odd", ["proof-doubted"]),
        ({"a": ["odd"], "b": None}, ProofState.NOT_PROVABLE, DOUBTED + "odd", ["proof-doubted"]),
        ({"a": ["odd"], "b": ["odd"]}, ProofState.NOT_PROVABLE, DOUBTED + "odd", ["proof-doubted"] * 2),
        ({"a": ["odd"], "b": 5}, ProofState.PROVEN, 5, ["proof-contradiction"]),
        ({"a": None, "b": None}, ProofState.NOT_PROVABLE, "no method", []),
        ({"a": None, "b": Transport("down")}, ProofState.NOT_PROVABLE, "no method", []),
        (
            {"a": Transport("down"), "b": Pruned(0, "gone")},
            ProofState.NOT_PROVABLE,
            "no provider answered: a: Transport: down; b: Pruned: 0: gone",
            [],
        ),
        ({}, ProofState.NOT_PROVABLE, "no provider of proofs configured", []),
    ],
)
async def test_every_provider_is_asked_until_one_proves(
    says: dict[str, Said], state: ProofState, what: int | str, kinds: list[str]
) -> None:
    prover = FakeProver(says)
    found, reason, chunk = await outcome(prover, row())
    assert (found, reason) == (state, what)
    assert [finding.kind for finding in chunk.findings] == kinds
    for finding in chunk.findings:
        lies = finding.kind == "proof-contradiction"
        assert finding.severity is (Severity.EXCEPTION if lies else Severity.WARNING)
        assert (finding.line_no == 1) == (lies and says["a"] != ["odd"])


async def test_a_proven_row_is_not_asked_again_and_a_token_without_a_rule_not_at_all() -> None:
    prover = FakeProver({"a": 5, "b": 5})
    chunk = await asking(prover).chunk([row(1), row(2, ODD), row(3, TOKEN)])
    assert chunk is not None
    assert prover.asked == [("a", 2)]
    assert [each.line_no for each in chunk.outcomes] == [1, 2, 3]
    assert (chunk.outcomes[1].state, chunk.outcomes[1].reason) == (ProofState.NOT_PROVABLE, "rebasing")


async def test_who_gave_no_proof_is_not_asked_for_the_next_chunk() -> None:
    prover = FakeProver({"a": None, "b": 5})
    pinned = asking(prover)
    for line_no in (1, 2):
        assert await pinned.chunk([row(line_no)]) is not None
    assert prover.asked == [("a", 1), ("b", 1), ("b", 1)]
    nobody = FakeProver({"a": None, "b": None})
    pinned = asking(nobody)
    for line_no in (1, 2):
        assert await pinned.chunk([row(line_no)]) is not None
    assert nobody.asked == [("a", 1), ("b", 1), ("a", 1)]


@pytest.mark.parametrize(
    ("says", "gone"),
    [
        ({"a": Reorged("gone")}, True),
        ({"a": Reorged("gone"), "b": Transport("down")}, False),
        ({"a": Reorged("gone"), "b": None}, False),
        ({"a": Reorged("gone"), "b": 5}, False),
    ],
)
async def test_a_block_that_is_gone_decides_nothing(says: dict[str, Said], *, gone: bool) -> None:
    assert (await asking(FakeProver(says)).chunk([row()]) is None) == gone


@pytest.mark.parametrize(
    ("shows", "special"),
    [
        ({"a": False, "b": False}, True),
        ({"a": False, "b": Transport("down")}, True),
        ({"a": False, "b": True}, False),
        ({"a": True, "b": False}, False),
        ({"a": Transport("down"), "b": Transport("down")}, False),
    ],
)
async def test_a_holder_whom_the_token_treats_specially_is_not_provable(
    shows: dict[str, bool | ChainError], *, special: bool
) -> None:
    state, what, _ = await outcome(FakeProver({"a": 6, "b": 6}, shows), row(1, TOKEN))
    assert (state, what) == ((ProofState.NOT_PROVABLE, SPECIAL) if special else (ProofState.PROVEN, 6))
    for alike in (row(1, TOKEN, reading=6), row(1, TOKEN, reading=None), row(1, COIN)):
        assert (await outcome(FakeProver({"a": 6, "b": 6}), alike))[:2] == (ProofState.PROVEN, 6)


def population(*claims: int | None) -> Population:
    return Population(COIN, "ETH", 18, tuple(range(10, 10 + len(claims))), claims)


def test_lines_that_claim_nothing_readable_are_not_chosen() -> None:
    policy = Policy(prove_top=1, prove_draws=50)
    found = choose(population(None, 7, 0, 9, None, 8), PIN, policy, "s", unproven=None)
    assert (found.rows, found.claimed, found.pool, found.draws, found.seed) == (4, 24, 15, 50, "s")
    assert (found.top, found.drawn) == ((13,), (11, 15))
    assert choose(population(None, None), PIN, policy, "s", unproven=None).draws == 0


def test_a_network_without_proofs_says_why() -> None:
    found = choose(population(7, 9), PIN, Policy(), "s", unproven="no trie")
    assert (found.unproven, found.rows, found.claimed) == ("no trie", 2, 16)
    assert (found.top, found.drawn, found.draws, found.pool) == ((), (), 0, 0)


def test_no_two_populations_draw_alike_and_the_same_one_always_does() -> None:
    whole = population(*range(1, 500))
    policy = Policy(prove_top=0, prove_draws=9)
    drawn = {
        choose(each, pin, policy, seed, unproven=None).drawn
        for each in (whole, Population(TOKEN, "ETH", 18, whole.line_nos, whole.claims))
        for pin in (PIN, Pin(3, CHAIN, 51, BLOCK, live=False))
        for seed in ("s", "t")
    }
    assert len(drawn) == 8
    again = choose(whole, Pin(9, CHAIN, 50, BLOCK, live=False), policy, "s", unproven=None)
    assert again.drawn in drawn, "the number of the pin is our own business"


async def test_what_was_read_waits_for_a_provider_to_be_proven(database: Database) -> None:
    run = await world.open_run(
        database, (await world.store(database, world.Reader([world.claim(2), world.claim(3)]))).list_id
    )
    chains = {(world.ETHEREUM, None): world.Chain()}
    await world.plan(database, run, chains)
    await world.sweep(database, run, chains)
    prover, adapter = FakeProver({"a": 5}), cast(ChainAdapter, FakeAdapter())
    for lanes, left in (({}, 2), ({world.ETHEREUM: ((endpoint("a", operator="A"),),)}, 0)):
        proving = Proving(
            database, run, lambda _: adapter, lambda _: prover, lanes, Policy(), Silent(), asyncio.Event()
        )
        assert await proving.prove()
        assert len(await store.pending_rows(database, run.run_id, 0)) == left
        assert (await store.all_proven(database, run.run_id)) == (left == 0)
