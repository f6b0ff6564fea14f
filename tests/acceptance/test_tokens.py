"""Issued tokens of six families in one audit: scripted nodes, the shipped configuration, real command and database.

Each token has two holders, of whom one claims a unit more than it has. What an issuer froze, what is on offer, and what
an account owes on its own trust line are planted beside.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from contextlib import AsyncExitStack
from typing import Any

from indexer.core.amounts import format_amount, rescale
from indexer.settings import load
from tests.acceptance.scripted import Network
from tests.acceptance.world import Office
from tests.chains import (
    harness_algorand,
    harness_antelope,
    harness_cardano,
    harness_near,
    harness_stellar,
    harness_xrpl,
)
from tests.chains.harness_algorand import Algod
from tests.chains.harness_antelope import Nodeos
from tests.chains.harness_cardano import Koios
from tests.chains.harness_near import NearNode
from tests.chains.harness_stellar import StellarRpc
from tests.chains.harness_xrpl import CURRENCY, Rippled, is_low
from tests.chains.served import Served
from tests.chains.world import World

TOKENS = (
    Network("RLUSD", harness_xrpl.SPEC.id, harness_xrpl.line, Rippled),
    Network("USDC", harness_stellar.SPEC.id, harness_stellar.line, StellarRpc, now=True),
    Network("USDT", harness_near.SPEC.id, harness_near.token, NearNode),
    Network("NIGHT", harness_cardano.SPEC.id, harness_cardano.asset, Koios, now=True),
    Network("USDT", harness_algorand.SPEC.id, lambda number: harness_algorand.key(2 * number + 1), Algod, now=True),
    Network("USDT", harness_antelope.SPEC.id, lambda number: harness_antelope.either(3 * number + 2), Nodeos, now=True),
)
LOCKED = 400
FROZEN, OWING = 7, 8


def held(number: int) -> int:
    return 10**9 + 7 * number


async def test_tokens_of_many_families_in_one_audit(office: Office) -> None:
    settings = load({})
    rows, sums = ["network,asset,address,amount,height"], defaultdict[str, int](int)

    def claim(token: Network, number: int, amount: int, height: str) -> None:
        spec = settings.names.resolve_plain(token.chain, token.key(number).instrument)
        assert (spec.asset, spec.unsupported) == (token.asset, None)
        assert spec.decimals is not None
        assert spec.scale is not None
        shown = format_amount(amount, decimals=spec.decimals)
        rows.append(f"{token.chain},{token.asset},{token.key(number).address},{shown},{height}")
        sums[token.asset] += rescale(amount, decimals=spec.decimals, scale=spec.scale)

    async with AsyncExitStack() as stack:
        for number, token in enumerate(TOKENS):
            world = World(settle=1)
            world.tick({token.key(n): held(n) for n in (0, 1, FROZEN, OWING)})
            server = await stack.enter_async_context(token.serve(world))
            office.provider(server.url, name=f"{token.asset}-{number}", chain=token.chain, in_flight_max=8)
            height = "" if token.now else str(world.final)
            claim(token, 0, held(0), height)
            claim(token, 1, held(1) + 1, height)
            plant(token, server)
            if isinstance(server, Rippled):
                claim(token, FROZEN, held(FROZEN), height)
                claim(token, OWING, 1, height)
        (office.home / "list.csv").write_text("\n".join(rows) + "\n")
        owed = [f'[[liability]]\nasset = "{asset}"\namount = "1"\n' for asset in sums]
        (office.home / "owed.toml").write_text("\n".join(owed))
        words = ("audit", str(office.home / "list.csv"), "--exchange", "Example")
        answer = await office.assay(*words, "--liabilities", str(office.home / "owed.toml"), "--json")
    assert answer.code == 1, answer.err
    check(answer.json)


def plant(token: Network, server: Served) -> None:
    if isinstance(server, Rippled):
        server.network = 0
        frozen, owing = (token.key(number).address for number in (FROZEN, OWING))
        server.lines[frozen] = {"Flags": 0x0080_0000 if is_low(frozen) else 0x0040_0000}
        value = "-2.5" if is_low(owing) else "2.5"
        server.lines[owing] = {"Balance": {"currency": CURRENCY, "issuer": "r", "value": value}}
    if isinstance(server, StellarRpc):
        server.lines[token.key(0).address] = {"selling": LOCKED}


def check(report: dict[str, Any]) -> None:
    coverage = {total["asset"]: total["coverage"] for total in report["assets"]}
    counted = {asset: (each["verified"], each["mismatch"]) for asset, each in coverage.items()}
    assert counted == {"RLUSD": (2, 2), "USDC": (1, 1), "USDT": (3, 3), "NIGHT": (1, 1)}
    locked = {(part["asset"], part["liquidity"]): part["amount"]["base_units"] for part in report["locked"]}
    assert locked == {("RLUSD", "locked"): str(held(FROZEN)), ("USDC", "locked"): str(LOCKED * 10**11)}
    kinds = Counter(found["kind"] for found in report["findings"])
    assert (kinds["owes"], kinds["decimals-unstated"]) == (1, 1)
    (unstated,) = (found["detail"] for found in report["findings"] if found["kind"] == "decimals-unstated")
    assert unstated.startswith(harness_cardano.SPEC.id)
