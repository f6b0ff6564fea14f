"""Thirteen families in one audit: scripted nodes, the shipped configuration, the real command and database.

Each network has three holders, of whom one claims a unit more than it has; Cosmos and Sui hold more beside.
"""

from __future__ import annotations

from contextlib import AsyncExitStack

from indexer.core.amounts import format_amount
from indexer.settings import load
from tests.acceptance.scripted import NETWORKS, STAKED, serve
from tests.acceptance.world import Office
from tests.chains import harness_cardano, harness_sui, harness_ton
from tests.chains.harness_cardano import Koios
from tests.chains.world import World


def held(number: int) -> int:
    return 10**9 + 7 * number


async def test_thirteen_families_in_one_audit(office: Office) -> None:
    chains = load({}).chains
    rows, owed = ["network,asset,address,amount,height"], []
    async with AsyncExitStack() as stack:
        for network in NETWORKS:
            world = World(settle=1)
            world.tick({network.key(number): held(number) for number in range(2)})
            height = "" if network.now else str(world.final)
            world.tick({network.key(0): 1} if not network.now else {})
            server = await stack.enter_async_context(serve(network, world))
            office.provider(server.url, name=network.asset, chain=network.chain, in_flight_max=8)
            decimals = chains[network.chain].native_decimals
            for number, claimed in enumerate((held(0), held(1), 1)):  # the third one has nothing at all
                amount = format_amount(claimed, decimals=decimals)
                address = network.key(number).address
                rows.append(f"{chains[network.chain].name},{network.asset},{address},{amount},{height}")
            sum_owed = format_amount(held(0) + held(1), decimals=decimals)
            owed.append(f'[[liability]]\nasset = "{network.asset}"\namount = "{sum_owed}"\n')
        (office.home / "list.csv").write_text("\n".join(rows) + "\n")
        (office.home / "owed.toml").write_text("\n".join(owed))
        words = ("audit", str(office.home / "list.csv"), "--exchange", "Example")
        answer = await office.assay(*words, "--liabilities", str(office.home / "owed.toml"), "--json")
    assert answer.code == 1, answer.err
    totals = {total["asset"]: total for total in answer.json["assets"]}
    for network in NETWORKS:
        total = totals[network.asset]
        assert (total["status"], total["coverage"]["mismatch"]) == ("complete", 1), (network.asset, total, answer.err)
        assert total["coverage"]["verified"] == 2, (network.asset, total)
        assert total["ratio"]["observed"]["low"]["text"] == "100.00 %", network.asset
    indexed = {found["detail"].partition(": ")[0] for found in answer.json["findings"] if found["kind"] == "index-only"}
    assert indexed == {harness_cardano.SPEC.id, harness_sui.SPEC.id, harness_ton.SPEC.id}
    locked = {(part["asset"], part["liquidity"]): part["amount"]["base_units"] for part in answer.json["locked"]}
    assert locked == {("ATOM", "staked"): str(STAKED), ("SUI", "staked"): str(STAKED)}


async def test_transactions_since_the_claim_explain_a_later_reading(office: Office) -> None:
    """Cardano answers about now: what its transactions moved since the claimed height says what was held there."""
    moved, wrong = harness_cardano.key(0), harness_cardano.key(1)
    world = World()
    world.tick({moved: held(0) - 5, wrong: held(1)})
    rows = ["network,asset,address,amount,height"]
    rows += [
        f"Cardano,ADA,{key.address},{format_amount(held(n), decimals=6)},1" for n, key in enumerate((moved, wrong))
    ]
    (office.home / "list.csv").write_text("\n".join(rows) + "\n")
    (office.home / "owed.toml").write_text('[[liability]]\nasset = "ADA"\namount = "1"\n')
    async with Koios(world) as koios:
        koios.transact(2, [(moved.address, 5)], [(harness_cardano.key(9).address, 5)])
        koios.transact(2, [(harness_cardano.key(9).address, 7)], [(wrong.address, 7)])
        office.provider(koios.url, chain=harness_cardano.SPEC.id)
        words = ("audit", str(office.home / "list.csv"), "--exchange", "Example")
        answer = await office.assay(*words, "--liabilities", str(office.home / "owed.toml"), "--json")
    (part,) = answer.json["reconciled"]
    assert (part["asset"], part["rows"], part["matching_rows"], part["differing_rows"]) == ("ADA", 2, 1, 1)
    assert part["short"]["base_units"] == "7"
    (total,) = answer.json["assets"]
    assert (total["coverage"]["unpinned"], total["coverage"]["verified"]) == (2, 0)
