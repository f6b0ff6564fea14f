"""Thirteen families in one audit: scripted nodes, the shipped configuration, the real command and database.

Each network has three holders, of whom one claims a unit more than it has; Cosmos and Sui hold more beside.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AsyncExitStack
from typing import NamedTuple

from chains.types import BalanceKey, ChainId
from indexer.core.amounts import format_amount
from indexer.settings import load
from tests.acceptance.world import Office
from tests.chains import (
    harness_aelf,
    harness_algorand,
    harness_antelope,
    harness_aptos,
    harness_cardano,
    harness_cosmos,
    harness_filecoin,
    harness_near,
    harness_starknet,
    harness_stellar,
    harness_sui,
    harness_ton,
    harness_xrpl,
)
from tests.chains.harness_aelf import AelfNode
from tests.chains.harness_algorand import Algod
from tests.chains.harness_antelope import Nodeos
from tests.chains.harness_aptos import AptosNode
from tests.chains.harness_cardano import Koios
from tests.chains.harness_cosmos import Comet
from tests.chains.harness_filecoin import Lotus
from tests.chains.harness_near import NearNode
from tests.chains.harness_starknet import StarknetNode
from tests.chains.harness_stellar import StellarRpc
from tests.chains.harness_sui import SuiService
from tests.chains.harness_ton import Toncenter
from tests.chains.harness_xrpl import Rippled
from tests.chains.served import Served
from tests.chains.world import World

STAKED = 123_456


class Network(NamedTuple):
    """``keys`` are of the native coin. ``now``: it can only be read at its newest block."""

    asset: str
    chain: ChainId
    key: Callable[[int], BalanceKey]
    serve: Callable[[World], Served]
    now: bool = False


NETWORKS = (
    Network("XRP", harness_xrpl.SPEC.id, harness_xrpl.key, Rippled),
    Network("APT", harness_aptos.SPEC.id, lambda number: harness_aptos.key(3 * number), AptosNode),
    Network("FIL", harness_filecoin.SPEC.id, harness_filecoin.key, Lotus),
    Network("ATOM", harness_cosmos.SPEC.id, harness_cosmos.key, Comet),
    Network("NEAR", harness_near.SPEC.id, harness_near.key, NearNode),
    Network("STRK", harness_starknet.SPEC.id, lambda number: harness_starknet.key(3 * number), StarknetNode),
    Network("SUI", harness_sui.SPEC.id, lambda number: harness_sui.key(2 * number), SuiService),
    Network("XLM", harness_stellar.SPEC.id, harness_stellar.key, StellarRpc, now=True),
    Network("ALGO", harness_algorand.SPEC.id, lambda number: harness_algorand.key(2 * number), Algod, now=True),
    Network("ADA", harness_cardano.SPEC.id, harness_cardano.key, Koios, now=True),
    Network("TON", harness_ton.SPEC.id, lambda number: harness_ton.key(2 * number), Toncenter, now=True),
    Network("EOS", harness_antelope.SPEC.id, harness_antelope.key, Nodeos, now=True),
    Network("ELF", harness_aelf.SPEC.id, harness_aelf.key, AelfNode, now=True),
)


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
            server = await stack.enter_async_context(network.serve(world))
            _beside(server, network)
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


def _beside(server: Served, network: Network) -> None:
    """What differs from the defaults of the scripted servers: the network's id, and coins that are locked."""
    if isinstance(server, Rippled):
        server.network = 0
    if isinstance(server, Comet):
        server.staked = {network.key(0).address: [STAKED]}
    if isinstance(server, SuiService):
        server.stakes = {network.key(1).address: [STAKED]}


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
