"""Whole runs with the explorers of networks whose nodes are rarely at hand: Blockfrost reads, Subscan checks."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from indexer.core.amounts import format_amount
from tests.acceptance.world import Office
from tests.chains import harness_cardano, harness_polkadot
from tests.chains.harness_blockfrost import Blockfrost
from tests.chains.harness_cardano import Koios
from tests.chains.harness_polkadot import PREFIX, SPEC
from tests.chains.now_servers import Living, NowServer, SubscanServer
from tests.chains.substrate import NATIVE
from tests.chains.world import World

TWICE = "[policy]\npass_pause_s = 0\nquorum = 2\n"
HUB = f"""
[[chain]]
id = "{SPEC.id}"
name = "scripted Asset Hub"
family = "polkadot"
native = "{NATIVE}"
native_decimals = 10
options = {{ ss58 = {PREFIX} }}

[[instrument]]
chain = "{SPEC.id}"
id = "{NATIVE}"
asset = "DOT"
decimals = 10
"""
HELD = 10**12 + 1


def audit(office: Office, rows: list[str], asset: str) -> tuple[str, ...]:
    (office.home / "list.csv").write_text("\n".join(["network,asset,address,amount", *rows]) + "\n")
    (office.home / "owed.toml").write_text(f'[[liability]]\nasset = "{asset}"\namount = "1"\n')
    words = ("audit", str(office.home / "list.csv"), "--exchange", "Example")
    return (*words, "--liabilities", str(office.home / "owed.toml"), "--json")


def sources(report: Any) -> dict[str, str]:
    """Findings about who was asked, by kind."""
    kinds = ("index-only", "explorer-only", "cross-check", "independence", "related-party")
    return {found["kind"]: found["detail"] for found in report["findings"] if found["kind"] in kinds}


def ada(world: World, count: int) -> list[str]:
    keys = [harness_cardano.key(number) for number in range(count)]
    world.tick({key: HELD + number for number, key in enumerate(keys)})
    amounts = [format_amount(HELD + number, decimals=6) for number in range(count)]
    return [f"Cardano,ADA,{key.address},{amount}" for key, amount in zip(keys, amounts, strict=True)]


def blockfrost(office: Office, server: Blockfrost, **fields: Any) -> None:
    keyed: dict[str, Any] = {"kind": "blockfrost", "headers": {server.key_in: server.key}}
    office.provider(server.url, "frost", chain=harness_cardano.SPEC.id, **keyed, **fields)


async def test_blockfrost_is_the_second_witness_of_koios(office: Office) -> None:
    office.config = TWICE
    rows = ada(world := World(), 150)
    async with Koios(world) as koios, Blockfrost(world) as frost:
        office.provider(koios.url, "koios", chain=harness_cardano.SPEC.id)
        blockfrost(office, frost, operator="Five Binaries")
        frost.said[harness_cardano.key(3).address] = {"amount": [{"unit": "lovelace", "quantity": "5"}]}
        answer = await office.assay(*audit(office, rows, "ADA"))
    (total,) = answer.json["assets"]
    assert (total["coverage"]["verified"], total["coverage"]["disputed"]) == (149, 1), answer.out + answer.err
    assert {use["provider"]: use["readings"] for use in answer.json["providers"]} == {"koios": 150, "frost": 150}
    assert list(sources(answer.json)) == ["index-only"]
    assert frost.key not in answer.out + answer.err


async def test_blockfrost_alone_is_an_index_that_proves_nothing(office: Office) -> None:
    rows = ada(world := World(), 3)
    async with Blockfrost(world) as frost:
        blockfrost(office, frost)
        answer = await office.assay(*audit(office, rows, "ADA"))
    (total,) = answer.json["assets"]
    assert total["coverage"]["verified"] == 3, answer.out + answer.err
    assert "an index, Koios or Blockfrost, which proves nothing" in sources(answer.json)["index-only"]


@asynccontextmanager
async def hub(office: Office) -> AsyncIterator[SubscanServer]:
    """Its node and Subscan beside it, of a world in which thirty accounts hold something."""
    office.config = HUB + '\n[policy]\npass_pause_s = 0\nprove_seed = "seed"\n'
    world = harness_polkadot.world()
    world.tick({harness_polkadot.key(3 * number): HELD + number for number in range(30)})
    async with Living(world, PREFIX) as node, SubscanServer(world) as scan:
        office.provider(node.url, chain=SPEC.id)
        office.provider(scan.url, "scan", chain=SPEC.id, kind="subscan", **keyed(scan), related_to=["Example"])
        yield scan


def keyed(server: NowServer) -> dict[str, Any]:
    return {"operator": "Subscan", "headers": {server.key_in: server.key}}


def dots() -> list[str]:
    keys = [harness_polkadot.key(3 * number) for number in range(30)]
    amounts = [format_amount(HELD + number, decimals=10) for number in range(30)]
    return [f"{SPEC.id},{NATIVE},{key.address},{amount}" for key, amount in zip(keys, amounts, strict=True)]


async def test_subscan_checks_what_a_node_read(office: Office) -> None:
    largest = harness_polkadot.key(3 * 29).address
    async with hub(office) as scan:
        scan.said[largest] = {"balance": str(HELD)}
        answer = await office.assay(*audit(office, dots(), "DOT"))
    (total,) = answer.json["assets"]
    assert (total["coverage"]["verified"], total["coverage"]["disputed"]) == (29, 1), answer.out + answer.err
    assert {use["provider"]: use["readings"] for use in answer.json["providers"]} == {"node": 30}
    told = sources(answer.json)
    assert "from scan of Subscan: 1 differ" in told["cross-check"]
    assert "provider scan is run by Subscan, a related party of Example" in told["related-party"]
    (row,) = answer.json["exceptions"]["rows"]
    assert row["reason"] == f"node says {HELD + 29}, scan says {HELD}"
    assert scan.key not in answer.out + answer.err


async def test_what_knows_only_now_reads_no_list(office: Office) -> None:
    async with hub(office):
        office.providers[:] = [spec for spec in office.providers if spec.only_now]
        answer = await office.assay(*audit(office, dots(), "DOT"))
    assert answer.code == 3
    assert {row["reason"] for row in answer.json["exceptions"]["rows"]} == {"no provider configured"}


async def test_the_probe_says_what_each_is_for(office: Office) -> None:
    stray = SubscanServer(World(first=0, settle=1, fork="other"))
    for _ in range(20):
        stray.world.tick()
    async with hub(office) as scan, stray, Blockfrost(World()) as frost:
        blockfrost(office, frost)
        office.provider(stray.url, "stray", chain=SPEC.id, kind="subscan", **keyed(stray))
        answer = await office.assay("chains", "--probe", "--json")
    rows = {row["provider"]: row for row in answer.json}
    columns = ("kind", "operator", "balances there", "balances of old blocks", "way")
    assert {name: tuple(row[column] for column in columns) for name, row in rows.items()} == {
        "node": ("rpc", "node", "not asked", "not asked", ""),
        "scan": ("subscan", "Subscan", "only now", "no", "checks only"),
        "stray": ("subscan", "Subscan", "no", "no", "checks only"),
        "frost": ("blockfrost", "frost", "not asked", "", ""),
    }
    assert "is 0x" in rows["stray"]["problem"]
    assert scan.key not in answer.out + answer.err
