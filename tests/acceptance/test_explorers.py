"""Whole runs with block explorers among the sources, budgets, and the probe of what is configured."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.acceptance.test_audit import asset, audit
from tests.acceptance.world import Ethereum, Office, address, balance
from tests.sim.explorers import BlockscoutServer, EtherscanServer, Ledger, OkLinkServer
from tests.sim.faulty_rpc import FaultyRpc

KEY = "canaryKey0a1b2c3d4e5f6a7b"
TWICE = "[policy]\npass_pause_s = 0\nquorum = 2\n"


def etherscan(office: Office, server: EtherscanServer, **fields: Any) -> None:
    office.provider(f"{server.url}v2/api?apikey={KEY}", "scan", kind="etherscan", **fields)


def oklink(office: Office, server: OkLinkServer, **fields: Any) -> None:
    url = f"{server.url}api/v5/explorer?chainShortName=ETH"
    office.provider(url, "oklink", kind="oklink", headers={"Ok-Access-Key": KEY}, **fields)


def kinds(report: Any) -> list[str]:
    """Of the findings about those who were asked."""
    others = ("no-commitment", "no-signatures", "proofs-missing")
    return sorted(found["kind"] for found in report["findings"] if found["kind"] not in others)


def without_key(office: Office, *texts: str) -> None:
    for text in texts:
        assert KEY not in text
        assert "http://" not in text
    assert KEY in (office.home / "providers.toml").read_text()


async def test_an_explorer_is_the_second_witness(office: Office) -> None:
    office.config = TWICE
    async with FaultyRpc(Ethereum().methods()) as node, EtherscanServer(Ledger()) as scan:
        etherscan(office, scan)
        office.provider(node.url)
        answer = await office.assay(*audit(office, 20), "--json")
    assert answer.code == 0, answer.out + answer.err
    assert asset(answer.json)["coverage"]["verified"] == 20
    assert {use["provider"]: use["readings"] for use in answer.json["providers"]} == {"node": 20, "scan": 20}
    assert kinds(answer.json) == []
    without_key(office, answer.out, answer.err)


async def test_an_explorer_that_is_off_by_one_wei_is_disputed(office: Office) -> None:
    office.config = TWICE
    ledger = Ledger(said={address(3): str(balance(address(3)) + 1)})
    async with FaultyRpc(Ethereum().methods()) as node, EtherscanServer(ledger) as scan:
        office.provider(node.url)
        etherscan(office, scan)
        answer = await office.assay(*audit(office, 10), "--json")
    total = asset(answer.json)
    assert (total["status"], total["coverage"]["disputed"], total["coverage"]["verified"]) == ("incomplete", 1, 9)


async def test_a_related_party_is_told(office: Office) -> None:
    office.config = TWICE
    async with FaultyRpc(Ethereum().methods()) as node, OkLinkServer(Ledger()) as scan:
        office.provider(node.url)
        oklink(office, scan, operator="OKLink")
        words = [word if word != "Example" else "OKX" for word in audit(office, 10)]
        answer = await office.assay(*words, "--json")
    assert asset(answer.json)["coverage"]["verified"] == 10, answer.out + answer.err
    assert kinds(answer.json) == ["related-party"]
    assert any("run by OKLink, a related party of OKX" in found["detail"] for found in answer.json["findings"])
    without_key(office, answer.out, answer.err)


async def test_explorers_alone_read_nothing_unless_told_what_is_final_and_then_warn(office: Office) -> None:
    words = audit(office, 10)
    async with BlockscoutServer(Ledger()) as scan:
        office.provider(scan.url, "scan", kind="blockscout")
        refused = await office.assay(*words, "--json")
        office.providers.clear()
        office.provider(scan.url, "scan", kind="blockscout", final_depth=64)
        answer = await office.assay(*words, "--json")
    assert refused.code == 3
    assert asset(refused.json)["coverage"]["unavailable"] == 10
    assert "names no final block" in refused.json["pins"][0]["problem"]
    assert asset(answer.json)["coverage"]["verified"] == 10, answer.out + answer.err
    assert kinds(answer.json) == ["explorer-only", "unchecked"]  # an explorer has no eth_getProof


async def test_an_explorer_stands_in_when_the_node_has_no_state(office: Office) -> None:
    pruned = Ethereum().methods()
    del pruned["eth_getBalance"]
    async with FaultyRpc(pruned) as node, EtherscanServer(Ledger()) as scan:
        etherscan(office, scan)
        office.provider(node.url)
        answer = await office.assay(*audit(office, 10), "--json")
    assert asset(answer.json)["coverage"]["verified"] == 10, answer.out + answer.err
    assert {use["provider"]: use["readings"] for use in answer.json["providers"]} == {"scan": 10}


async def test_a_spent_budget_leaves_rows_open_and_a_later_run_goes_on(office: Office) -> None:
    office.config = TWICE
    words = audit(office, 300)
    async with FaultyRpc(Ethereum().methods()) as node, EtherscanServer(Ledger()) as scan:
        office.provider(node.url)
        etherscan(office, scan, requests_max=260, in_flight_max=1)
        first = await office.assay(*words, "--json")
        asked = len(scan.queries)
        second = await office.assay("sweep", "--exchange", "Example", "--json")
        third = await office.assay(*words, "--json")
    assert (first.code, asked) == (3, 260)
    coverage = asset(first.json)["coverage"]
    assert (coverage["verified"], coverage["unavailable"]) == (200, 100), "two shards of three"
    reasons = {row["reason"] for row in first.json["exceptions"]["rows"]}
    assert any("its budget of 260 requests is spent" in reason for reason in reasons), reasons
    assert second.code == 0, second.out
    costs = {cost["provider"]: cost for cost in second.json["providers"]}
    assert sorted(costs) == ["node", "scan"]
    assert sorted(costs["scan"]) == [
        *("bytes_down", "bytes_max", "bytes_up", "calls", "provider", "requests", "requests_max", "retries", "units"),
        "units_max",
    ]
    assert 100 <= costs["scan"]["requests"] < 120, "only what was missing is asked again"
    assert asset(third.json)["coverage"]["verified"] == 300


async def test_what_each_provider_cost_is_told_to_people(office: Office) -> None:
    async with FaultyRpc(Ethereum().methods()) as node:
        office.provider(node.url)
        answer = await office.assay(*audit(office, 10))
    (line,) = [line for line in answer.err.splitlines() if line.startswith("node: ")]
    assert "calls in" in line
    assert f"{len(node.requests)} requests, 0 retries" in line


@pytest.mark.parametrize("as_json", [True, False])
async def test_the_probe_tells_what_each_provider_can_do(office: Office, tmp_path: Path, as_json: bool) -> None:
    archive = Ethereum().methods() | {"web3_clientVersion": lambda: "Geth/v1.2"}
    async with (
        FaultyRpc(archive) as node,
        FaultyRpc(Ethereum(chain_id=56).methods()) as stray,
        EtherscanServer(Ledger()) as scan,
        EtherscanServer(Ledger(), paid=False) as free,
    ):
        etherscan(office, scan)
        office.provider(f"{free.url}v2/api?apikey={KEY}", "free", kind="etherscan")
        office.provider(node.url)
        office.provider(stray.url, "stray")
        office.provider("http://127.0.0.1:1/", "dead", attempts_max=1)
        answer = await office.assay("chains", "--probe", *(["--json"] if as_json else []))
    assert answer.code == 3
    without_key(office, answer.out, answer.err)
    if not as_json:
        assert "Geth/v1.2" in answer.out
        return
    rows = {row["provider"]: row for row in answer.json}
    assert list(rows) == ["scan", "free", "node", "stray", "dead"]
    columns = ("final block", "balances there", "balances of old blocks")
    assert {name: tuple(row[column] for column in columns) for name, row in rows.items()} == {
        "scan": ("1100", "yes", "yes"),
        "free": ("1100", "no", "no"),
        "node": ("1100", "yes", "yes"),
        "stray": ("", "", ""),
        "dead": ("", "", ""),
    }
    assert (rows["node"]["client"], rows["scan"]["client"]) == ("Geth/v1.2", "")
    assert int(rows["node"]["age s"]) > 0
    assert "serves eip155:56" in rows["stray"]["problem"]
    assert "cannot connect" in rows["dead"]["problem"]
    assert "no balances of past blocks with this key" in rows["free"]["problem"]
