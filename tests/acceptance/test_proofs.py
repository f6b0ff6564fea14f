"""Issue 3, point 6: balances proven from the block hash, in whole runs over a real node, honest and not."""

from __future__ import annotations

import json
import signal
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import asyncpg
import pytest
import pytest_asyncio

from chains.errors import RpcFault
from scripts.engines import EngineMissing
from scripts.engines.anvil import Anvil
from tests.acceptance.provable import ROWS, bent, ether, fund, hash_of, published
from tests.acceptance.world import Answer, Office, address
from tests.sim.faulty_rpc import FaultyRpc

CHILD = "tests.acceptance.crash_child"
LARGEST = max(range(ROWS), key=ether)


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def node() -> AsyncIterator[Anvil]:
    try:
        async with Anvil(chain_id=1, timestamp=1_700_000_000) as node:
            await fund(node)
            yield node
    except EngineMissing as missing:
        pytest.skip(str(missing))


def words(list_path: Path) -> tuple[str, ...]:
    return ("audit", str(list_path), "--exchange", "Example", "--json")


def proof(answer: Answer, asset: str) -> Any:
    (found,) = (each for each in answer.json["proofs"] if each["asset"] == asset)
    return found


def accused(answer: Answer) -> list[str]:
    return [found["detail"] for found in answer.json["findings"] if found["kind"] == "proof-contradiction"]


def missing(answer: Answer) -> list[str]:
    return [found["detail"] for found in answer.json["findings"] if found["kind"] == "proofs-missing"]


async def test_rows_are_proven_and_prove_themselves_again(office: Office, node: Anvil) -> None:
    office.provider(node.url)
    answer = await office.assay(*words(published(office)))
    assert answer.code == 0, (answer.out, answer.err)
    for asset in ("ETH", "USDT"):
        told = proof(answer, asset)
        assert told["proven"]["rows"] == told["sample"]["rows"] > 10
        assert told["proven"]["amount"] == told["sample"]["claimed"]
        assert (told["not_provable"], told["pending_rows"], told["sample"]["draws"]) == ([], 0, 299)
        assert told["detection"]["ppm"] == "950463"
        assert "caught with 95.0 % probability" in told["detection"]["text"]
        assert len(told["sample"]["seed"]) == 32
    shown = await office.assay("report")
    assert "95.0 %" in shown.out
    assert told["sample"]["seed"] in shown.out
    checks = await office.assay("verify-proofs", "--json")
    assert checks.code == 0
    assert {row["verdict"] for row in checks.json} == {"holds"}
    rows = sum(int(row["rows"]) for row in checks.json)
    assert rows == sum(proof(answer, asset)["proven"]["rows"] for asset in ("ETH", "USDT"))


async def test_damaged_evidence_is_found(office: Office, node: Anvil) -> None:
    office.provider(node.url)
    assert (await office.assay(*words(published(office)))).code == 0
    connection = await asyncpg.connect(office.dsn)
    try:
        for change in (
            "UPDATE ledger.proofs SET evidence = set_byte(evidence, length(evidence) / 2, "
            "get_byte(evidence, length(evidence) / 2) # 1)",
            "UPDATE ledger.proof_outcomes SET amount = amount + 1",
            "UPDATE ledger.pins SET hash = '0x' || repeat('0', 64)",
        ):
            await connection.execute("BEGIN; SET LOCAL session_replication_role = replica; " + change + "; COMMIT")
            checks = await office.assay("verify-proofs", "--json")
            assert checks.code == 1, change
            assert "holds" not in {row["verdict"] for row in checks.json}
    finally:
        await connection.close()


async def test_one_wei_more_than_is_proven_is_disputed(office: Office, node: Anvil) -> None:
    """The reading agrees with the claim; only the proof tells that both are wrong."""

    def one_more(said: str, *_: object) -> str:
        return said.replace(f"{ether(LARGEST):x}", f"{ether(LARGEST) + 1:x}")

    async with FaultyRpc(bent(node.url, {"eth_getBalance": one_more, "eth_call": one_more})) as liar:
        office.provider(liar.url, "liar")
        answer = await office.assay(*words(published(office, off={LARGEST: 1})))
    assert answer.code == 1, answer.out
    (row,) = answer.json["exceptions"]["rows"]
    assert (row["status"], row["line"], row["address"]) == ("disputed", 2 + 2 * LARGEST, address(LARGEST))
    assert row["reason"] == f"liar says {ether(LARGEST) + 1}, proven by liar to be {ether(LARGEST)}"
    told = proof(answer, "ETH")
    assert (told["differing_rows"], told["proven"]["rows"]) == (1, told["sample"]["rows"] - 1)


@pytest.fixture
async def other() -> AsyncIterator[Anvil]:
    """The same, but for one wei of one holder: what a liar would have us believe, in perfect order."""
    async with Anvil(chain_id=1, timestamp=1_700_000_000) as node:
        await fund(node, off={LARGEST: 1})
        yield node


async def test_a_liar_with_a_whole_state_of_its_own_is_caught(office: Office, node: Anvil, other: Anvil) -> None:
    """Its headers carry the true hashes, its proofs fit its headers; only the hash does not follow from them."""
    truth = {(await hash_of(other, height))[2:]: (await hash_of(node, height))[2:] for height in range(4)}
    lies = {true: false for false, true in truth.items()}

    def rename(value: Any, names: dict[str, str]) -> Any:
        text = json.dumps(value)
        for old, new in names.items():
            text = text.replace(old, new)
        return json.loads(text)

    methods = {
        name: (lambda *params, method=method: rename(method(*rename(params, lies)), truth))
        for name, method in bent(other.url).items()
    }
    list_path = published(office, off={LARGEST: 1})
    async with FaultyRpc(methods) as liar:
        office.provider(liar.url, "liar")
        alone = await office.assay(*words(list_path))
        assert alone.code == 1, alone.out
        assert "the header does not hash" in accused(alone)[0]
        told = proof(alone, "ETH")
        assert (told["proven"]["rows"], told["contradicted_rows"]) == (0, told["sample"]["rows"])
        assert told["detection"]["ppm"] is None
        office.provider(node.url, "honest")
        beside = await office.assay(*words(list_path), "--fresh")
    assert beside.code == 1
    assert "liar" in accused(beside)[0]
    told = proof(beside, "ETH")
    assert (told["differing_rows"], told["contradicted_rows"]) == (1, 0)
    (row,) = beside.json["exceptions"]["rows"]
    assert f"proven by honest to be {ether(LARGEST)}" in row["reason"]


async def test_without_proofs_or_with_nothing_left_of_the_state_the_run_completes(office: Office, node: Anvil) -> None:
    def gone(*_: object) -> object:
        return RpcFault(-32000, "missing trie node 12ab")

    for methods, reason in (
        (bent(node.url, without=("eth_getProof",)), "does not exist"),
        (bent(node.url, {"eth_getProof": gone}), "no provider answered: node: Pruned"),
    ):
        async with FaultyRpc(methods) as poor:
            office.providers.clear()
            office.provider(poor.url)
            answer = await office.assay(*words(published(office)), "--fresh")
            asked = sum(call["method"] == "eth_getProof" for calls in poor.requests for call in calls)
        assert answer.code == 0, answer.out
        assert asked <= 2 * ROWS + 2
        for asset in ("ETH", "USDT"):
            told = proof(answer, asset)
            (why,) = told["not_provable"]
            assert reason in why["reason"]
            assert (why["rows"], told["proven"]["rows"]) == (told["sample"]["rows"], 0)
            assert told["detection"]["ppm"] is None
        for asset, found in zip(("ETH", "USDT"), missing(answer), strict=True):
            assert found.startswith(f"eip155:1: chosen rows of {asset} have no proof: ")
            assert reason in found


async def test_a_network_that_cannot_be_read_keeps_no_other_waiting(office: Office, node: Anvil) -> None:
    office.provider(node.url)
    list_path = published(office, beside=("Base", "zkSync Era"))
    first = await office.assay(*words(list_path), "--out", str(office.home / "out"))
    assert first.code == 3, (first.out, first.err)
    assert (first.json["run"]["state"], {each["chain"] for each in first.json["proofs"]}) == ("planning", {"eip155:1"})
    for asset in ("ETH", "USDT"):
        assert proof(first, asset)["proven"]["rows"] == proof(first, asset)["sample"]["rows"] > 10
    assert missing(first) == ["eip155:8453: no proof was made: not read: no provider configured"], "zkSync Era has none"
    shown = await office.assay("report")
    page = (office.home / "out" / "report.html").read_text()
    for rendering in (shown.out, page):
        assert "; proofs are missing on 1, see the findings" in rendering
        assert "Base: no proof was made: not read: no provider configured" in rendering
        assert "zkSync Era, Base: not read: no provider configured" in rendering
    async with Anvil(chain_id=8453, timestamp=1_700_000_000) as base, Anvil(chain_id=324, timestamp=1) as rollup:
        for other, chain in ((base, "eip155:8453"), (rollup, "eip155:324")):
            await fund(other)
            office.provider(other.url, chain, chain=chain)
        second = await office.assay(*words(list_path))
    assert (second.code, second.json["run"]["id"]) == (0, first.json["run"]["id"]), (second.out, second.err)
    assert missing(second) == []
    told = {(each["chain"], each["asset"]): each for each in second.json["proofs"]}
    assert [told["eip155:1", asset] for asset in ("ETH", "USDT")] == first.json["proofs"], "as they were"
    late, never = told["eip155:8453", "ETH"], told["eip155:324", "ETH"]
    assert late["proven"]["rows"] == late["sample"]["rows"] > 10
    assert "Merkle-Patricia" in never["unproven"]
    seeds = {each["sample"]["seed"] for each in second.json["proofs"]}
    assert len(seeds) == 2, "what was drawn later is drawn with a seed that nobody knew before"


async def test_policy_can_do_without(office: Office, node: Anvil) -> None:
    office.config = "[policy]\nprove_top = 0\nprove_draws = 0\n"
    async with FaultyRpc(bent(node.url)) as watched:
        office.provider(watched.url)
        answer = await office.assay(*words(published(office)))
        assert (answer.code, answer.json["proofs"]) == (0, [])
        assert not [call for calls in watched.requests for call in calls if call["method"] == "eth_getProof"]


async def test_killed_at_the_last_moments_the_run_resumes(office: Office, node: Anvil) -> None:
    """The last events of a run are those of the proving: rules, samples, proofs, and their commits."""
    office.config = '[policy]\npass_pause_s = 0\nprove_seed = "fixed"\nworkers_per_lane = 1\n'
    office.provider(node.url)
    command = words(published(office))
    for _ in range(2):  # the second one knows the token's rule already, as all the others will
        undisturbed = await office.assay("0", "0", *command, "--fresh", module=CHILD)
        assert undisturbed.code == 0, undisturbed.err
    expected = (undisturbed.json["proofs"], undisturbed.json["run"]["readings_digest"])
    total = int(undisturbed.err.rsplit("events: ", 1)[1])
    kept = await counted(office, undisturbed)
    assert kept == (1, sum(each["sample"]["rows"] for each in undisturbed.json["proofs"]))
    for event in range(total, total - 8, -1):
        killed = await office.assay(str(event), "0", *command, "--fresh", module=CHILD)
        assert killed.code == -signal.SIGKILL, (event, killed.err)
        resumed = await office.assay(*command)
        assert resumed.json["run"]["id"] > undisturbed.json["run"]["id"]
        assert (resumed.code, resumed.json["proofs"], resumed.json["run"]["readings_digest"]) == (0, *expected), event
        assert await counted(office, resumed) == kept


async def counted(office: Office, answer: Answer) -> tuple[int, int]:
    """(pieces of evidence, outcomes) of the run."""
    connection = await asyncpg.connect(office.dsn)
    run_id = answer.json["run"]["id"]
    try:
        return (
            await connection.fetchval("SELECT count(*) FROM ledger.proofs WHERE run_id = $1", run_id),
            await connection.fetchval("SELECT count(*) FROM ledger.proof_outcomes WHERE run_id = $1", run_id),
        )
    finally:
        await connection.close()
