"""Scripted networks for whole runs: a server for each, filled with a few holders of the network's own coin."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from chains.types import BalanceKey, ChainId
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
    """``keys`` are of one asset. ``now``: it can only be read at its newest block."""

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


def serve(network: Network, world: World) -> Served:
    """Its server as the shipped configuration expects it: of the main network, with coins that are locked on two."""
    server = network.serve(world)
    if isinstance(server, Rippled):
        server.network = 0
    if isinstance(server, Comet):
        server.staked = {network.key(0).address: [STAKED]}
    if isinstance(server, SuiService):
        server.stakes = {network.key(1).address: [STAKED]}
    return server
