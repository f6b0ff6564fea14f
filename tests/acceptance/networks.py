"""The example exchange's books on networks that tests script: what the demo's engines cannot serve, traps included.

Each function fills servers, publishes rows and notes what an honest audit says of them, as scripts/example does. Keys 0
to 7 of a network hold what is claimed, key 8 a unit less; key 9 is for its trap.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AsyncExitStack
from functools import cache, partial

from msgspec import structs

from chains.spec import ChainSpec
from chains.types import BalanceKey, ChainId
from indexer.settings import load
from scripts.example.book import Book
from tests.acceptance.scripted import NETWORKS, Network, serve
from tests.chains import harness_beacon, harness_polkadot
from tests.chains.beacon_node import BeaconNode
from tests.chains.harness_aptos import AptosNode, last_version
from tests.chains.harness_filecoin import Lotus
from tests.chains.served import Served
from tests.chains.substrate import NATIVE, Substrate
from tests.chains.world import World

HONEST, SHORT, TRAP = range(8), 8, 9
PRUNED = 2  # a height that the Aptos node no longer has
BY_ASSET = {network.asset: network for network in NETWORKS}
TRAPPED = ("XRP", "APT", "FIL")
ENGINES = ("TON",)  # scripts/example has them on real ones
RELAY = ChainId("polkadot:91b171bb158e2d3848fa23a9f1c25182")
ASSET_HUB = ChainId("polkadot:68d56f15f85d3136970ec16946040bc1")


async def families(stack: AsyncExitStack, book: Book) -> None:
    """Networks with nothing more amiss than a claim that is a unit too high."""
    for network in NETWORKS:
        if network.asset not in (*TRAPPED, *ENGINES):
            world = _world(network)
            _publish(book, network, world)
            await _serve(stack, book, network, serve(network, world))


async def ripple(stack: AsyncExitStack, book: Book) -> None:
    """Two operators, of whom one has a drop more in one account."""
    network = BY_ASSET["XRP"]
    for operator, more in (("tests", 0), ("liar", 1)):
        world = _world(network, {network.key(TRAP): held(network, TRAP) + more})
        await _serve(stack, book, network, serve(network, world), operator=operator)
    _publish(book, network, world)
    _claim(book, network, TRAP, world.final, status="disputed")
    book.planted.append("one XRP balance of which the second operator shows a drop more")


async def aptos(stack: AsyncExitStack, book: Book) -> None:
    network = BY_ASSET["APT"]
    world = _world(network)
    node = serve(network, world)
    assert isinstance(node, AptosNode)
    node.oldest = last_version(PRUNED) + 1
    await _serve(stack, book, network, node)
    _publish(book, network, world)
    _claim(book, network, TRAP, PRUNED, status="unavailable", why="pruned")
    book.planted.append("one APT claim of a block that the node has pruned")


async def filecoin(stack: AsyncExitStack, book: Book) -> None:
    network = BY_ASSET["FIL"]
    world = _world(network)
    node = serve(network, world)
    assert isinstance(node, Lotus)
    node.broken = {network.key(TRAP).address}
    await _serve(stack, book, network, node)
    _publish(book, network, world)
    _claim(book, network, TRAP, world.final, status="unavailable", why="hamt node")
    book.planted.append("one Filecoin actor that the node cannot load")


async def validators(stack: AsyncExitStack, book: Book) -> None:
    """Staked ETH, named by execution heights as published; a bulk answer leaves out one validator of them."""
    network = Network("ETH", harness_beacon.SPEC.id, harness_beacon.key, BeaconNode)
    world = _world(network, {network.key(TRAP): held(network, TRAP)})
    node = BeaconNode(world)
    node.silent = {network.key(TRAP).address}
    await _serve(stack, book, network, node)
    _publish(book, network, world, kind="Native ETH Staking")
    _claim(book, network, TRAP, world.final, kind="Native ETH Staking", status="unavailable", why="malformed")
    book.planted.append("one validator that the bulk answer leaves out, though the node knows it")


async def polkadot(stack: AsyncExitStack, book: Book) -> None:
    """The relay chain after the move, where a zero says nothing, and the Asset Hub where the coins went."""
    for chain in (RELAY, ASSET_HUB):
        spec = chain_of(chain)
        network = Network("DOT", chain, _dot, partial(Parachain, spec))
        after = spec.options["moved_at"] if chain == RELAY else spec.options["arriving"][1]
        world = _world(network, first=after)
        await _serve(stack, book, network, network.serve(world))
        _publish(book, network, world)
        if chain == RELAY:
            _claim(book, network, TRAP, world.final, status="unavailable", why="zero of this chain says nothing")
    book.planted.append("one DOT claim on the relay chain, from which the balances have moved")


class Parachain(Substrate):
    """With the genesis block of a real network."""

    def __init__(self, spec: ChainSpec, world: World) -> None:
        super().__init__(world, spec.options["ss58"])
        self._genesis = "0x" + spec.id.partition(":")[2] + "0" * 32

    def respond(self, method: str, params: object) -> object:
        if (method, params) == ("chain_getBlockHash", [0]):
            return self._genesis
        return super().respond(method, params)


@cache
def chain_of(chain: ChainId) -> ChainSpec:
    return load({}).chains[chain]


def held(network: Network, number: int) -> int:
    """In base units; no less than a whole Gwei where those are wei, as validators have it."""
    decimals = chain_of(network.chain).native_decimals
    coin: int = 10**decimals
    part: int = 10 ** (decimals // 2)
    return (100 + number) * coin + (1 + number) * part


def _world(network: Network, also: Mapping[BalanceKey, int] = {}, first: int = 1) -> World:
    world = World(first=first, settle=2)
    world.tick({network.key(number): held(network, number) for number in (*HONEST, SHORT)} | dict(also))
    return world


def _publish(book: Book, network: Network, world: World, kind: str = "Non Staking") -> None:
    height = None if network.now else world.final
    for number in HONEST:
        _claim(book, network, number, height, kind=kind)
    _claim(book, network, SHORT, height, kind=kind, status="mismatch")
    book.planted.append(f"one {network.asset} claim on {chain_of(network.chain).name} a unit too high")


def _claim(
    book: Book,
    network: Network,
    number: int,
    height: int | None,
    *,
    kind: str = "Non Staking",
    status: str = "verified",
    why: str = "",
) -> None:
    chain = chain_of(network.chain)
    book.claim(
        network.asset,
        chain.name if kind == "Non Staking" else network.asset,
        asset=network.asset,
        height=height,
        address=network.key(number).address,
        amount=held(network, number) + (status == "mismatch"),
        decimals=chain.native_decimals,
        kind=kind,
        status=status,
        why=why,
    )


async def _serve(
    stack: AsyncExitStack, book: Book, network: Network, server: Served, *, operator: str = "tests"
) -> None:
    await stack.enter_async_context(server)
    provider = server.provider(network.chain, in_flight_max=8, attempts_max=2)
    name = f"{chain_of(network.chain).name} of {operator}"
    book.providers.append(structs.replace(provider, name=name, operator=operator))


def _dot(number: int) -> BalanceKey:
    return BalanceKey(harness_polkadot.address(number), NATIVE)
