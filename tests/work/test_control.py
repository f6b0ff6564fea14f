"""Asking chains who controls an address: every witness, in turn its providers, and what stays open."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import cast

import pytest

from chains.adapter import ChainAdapter
from chains.controllers import Authority, ControlKind, Controls, Weighted, by_address
from chains.errors import ChainError, NoMethod, Transport
from chains.ownership.types import OwnershipResult, Verdict
from chains.types import Address, BlockRef, ChainId, Failure, Reason
from indexer.model.control import Said
from indexer.model.run import RunInfo
from indexer.store import ownership, results
from indexer.store.database import Database
from indexer.work.control import Asking
from indexer.work.endpoints import Lanes
from indexer.work.observer import Silent
from tests.store.world import BLOCK, ETH, ETHEREUM, Chain, Reader, claim, open_run, plan, store
from tests.work.fakes import FakeAdapter, FakeRpc, endpoint

ALICE, BOB = by_address(Address("0xa")), by_address(Address("0xb"))
BOTH = Authority(ControlKind.MULTISIG, 2, (Weighted(ALICE), Weighted(BOB)))
SIGNED = OwnershipResult(Verdict.OWNER_SIGNED, "evm", "both signed", "owners", (ALICE, BOB))
LATER = BlockRef(101, "0xbb")
Answer = Authority | Failure | ChainError


class Controlled(FakeAdapter):
    """``says`` by provider, of every address alike."""

    def __init__(self, says: Mapping[str, Answer], *, served: BlockRef = BLOCK) -> None:
        super().__init__()
        self.says, self.served = says, served

    async def controllers(self, rpc: FakeRpc, block: BlockRef, addresses: Sequence[Address]) -> Controls:
        assert block == BLOCK
        rpc.asked.append(f"controllers of {len(addresses)}")
        said = self.says[rpc.provider]
        if isinstance(said, ChainError):
            raise said
        if isinstance(said, Failure):
            return Controls(self.served, [()] * len(addresses), dict.fromkeys(range(len(addresses)), said))
        return Controls(self.served, [(said,)] * len(addresses), {})


async def run_of(db: Database) -> RunInfo:
    stored = await store(db, Reader([claim(2, address="0x1"), claim(3, address="0x2"), claim(4)], specs=(ETH,)))
    run = await open_run(db, stored.list_id)
    await plan(db, run, {(ETHEREUM, None): Chain()})
    owned = OwnershipResult(Verdict.OWNED, "evm", "own key")
    await ownership.save_verdicts(db, run.run_id, [(2, SIGNED), (3, SIGNED), (4, owned)], [])
    await ownership.finish_check(db, run.run_id, counts=(Verdict.OWNED,))
    return run


def asking(db: Database, run: RunInfo, adapter: object, lanes: Lanes) -> Asking:
    def adapter_of(_: ChainId) -> ChainAdapter:
        return cast(ChainAdapter, adapter)

    return Asking(db, run, adapter_of, {ETHEREUM: lanes}, Silent(), asyncio.Event())


async def said(db: Database, run: RunInfo) -> tuple[dict[Said, int], int]:
    found = await results.load_ownership(db, run)
    assert found is not None
    return found.said, found.open_rows


@pytest.mark.parametrize(
    ("says", "lanes", "outcome"),
    [
        ({"a": BOTH}, ["a"], Said.CONFIRMED),
        ({"a": BOTH, "b": BOTH}, ["a", "b"], Said.CONFIRMED),
        ({"a": Transport("down"), "b": BOTH}, ["ab"], Said.CONFIRMED),
        ({"a": BOTH, "b": Authority(ControlKind.OWN_KEY, 1, (Weighted(ALICE),))}, ["a", "b"], Said.DISPUTED),
        ({"a": Authority(ControlKind.MULTISIG, 1, (Weighted(by_address(Address("0xc"))),))}, ["a"], Said.OTHERS),
        ({"a": Failure(Reason.UNSUPPORTED, "unknown code")}, ["a"], Said.UNREAD),
        ({"a": NoMethod(-32601, "no eth_getCode")}, ["a"], Said.UNREAD),
        ({"a": BOTH, "b": NoMethod(-32601, "no eth_getCode")}, ["a", "b"], Said.UNREAD),
    ],
)
async def test_every_witness_must_say_it(
    database: Database, says: dict[str, Answer], lanes: list[str], outcome: Said
) -> None:
    run = await run_of(database)
    endpoints: Lanes = tuple(tuple(endpoint(name, operator=name) for name in lane) for lane in lanes)
    asked = asking(database, run, Controlled(says), endpoints)
    assert not await asked.done()
    await asked.ask()
    assert await said(database, run) == ({outcome: 2}, 0)
    assert await asked.done()
    before = [list(cast(FakeRpc, each.rpc).asked) for lane in endpoints for each in lane]
    await asked.ask()
    assert [cast(FakeRpc, each.rpc).asked for lane in endpoints for each in lane] == before, "asked once"


async def test_what_the_network_failed_to_bring_is_asked_again(database: Database) -> None:
    run = await run_of(database)
    says: dict[str, Answer] = {"a": Transport("down")}
    asked = asking(database, run, Controlled(says), ((endpoint("a"),),))
    await asked.ask()
    assert await said(database, run) == ({}, 2)
    assert not await asked.done()
    says["a"] = BOTH
    await asked.ask()
    assert await said(database, run) == ({Said.CONFIRMED: 2}, 0)


async def test_a_family_that_cannot_say_and_a_network_without_providers_leave_it_open(database: Database) -> None:
    run = await run_of(database)
    for adapter, lanes in ((FakeAdapter(), ((endpoint("a"),),)), (Controlled({"a": BOTH}), ())):
        asked = asking(database, run, adapter, lanes)
        await asked.ask()
        assert await said(database, run) == ({}, 2)
        assert await asked.done(), "there is nobody to ask"


async def test_explorers_are_not_asked(database: Database) -> None:
    run = await run_of(database)
    explorer = endpoint("a", kind="etherscan")
    await asking(database, run, Controlled({"a": BOTH}), ((explorer,),)).ask()
    assert await said(database, run) == ({Said.UNREAD: 2}, 0)
    assert cast(FakeRpc, explorer.rpc).asked == []


async def test_an_answer_of_a_later_block_names_it(database: Database) -> None:
    run = await run_of(database)
    await asking(database, run, Controlled({"a": BOTH}, served=LATER), ((endpoint("a"),),)).ask()
    async with database.acquire() as connection:
        named = await connection.fetchval("SELECT DISTINCT providers FROM ledger.control_outcomes")
    assert named == "a (as of block 101)"
