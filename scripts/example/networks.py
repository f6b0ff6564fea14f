"""Further EVM networks of the example exchange, known by the shipped configuration, each on an anvil of its own."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack
from typing import NamedTuple

import msgspec
from msgspec import structs

from chains import registry
from chains.spec import ChainSpec
from chains.types import Address, ChainId
from indexer.model.claims import InstrumentSpec
from indexer.settings import load
from scripts.engines.anvil import BLOCKS_TO_FINAL, Anvil
from scripts.example import chains as few
from scripts.example.book import Book

SEED, HOLDERS = 20261125, 20
DEPTH_MAX = 64  # anvil needs minutes for the thousands of blocks that some networks are given to settle
_TOKEN = "erc20:"


class Network(NamedTuple):
    """``coins`` as the list names them, on the network it names."""

    number: int
    name: str
    coins: Sequence[str]


NETWORKS = (
    Network(10, "OPTIMISM", ("ETH-OPTIMISM", "USDT-OPTIMISM")),
    Network(56, "BSC", ("BNB", "USDT")),
    Network(61, "ETC", ("ETC",)),
    Network(66, "OKT", ("OKT", "OKB-OKC20", "LINKK-OKC20", "UNIK-OKC20")),
    Network(130, "UNICHAIN", ("ETH", "USDC")),
    Network(137, "POLYGON", ("POL", "USDT-POLY", "POLY-USDC-3359")),
    Network(196, "XLAYER", ("OKB", "OKB-X1-USDT")),
    Network(314, "FIL-EVM", ("FIL",)),
    Network(8453, "BASE", ("ETH", "USDC-BASE")),
    Network(42161, "ARBITRUM", ("ETH-ARBITRUM", "USDC-ARBITRUM-NATIVE")),
    Network(43114, "AVAXC", ("AVAX", "USDT-AVAXC")),
)


TOKENS = {
    "LINK": "0x514910771af9ca656af840dff83e8264ecf986ca",
    "UNI": "0x1f9840a85d5af5bf1d1762f925bdaddc4201f984",
    "PEOPLE": "0x7a58c0be72be218b41c608b7fe7c5bb630736c71",
}


async def ethereum(stack: AsyncExitStack, book: Book) -> None:
    """The demo's Ethereum with more tokens."""
    await few.ethereum(stack, book, tokens=TOKENS)


async def evm_networks(stack: AsyncExitStack, book: Book) -> None:
    """Native coins and tokens; the first holder of OKT has one unit less than is claimed."""
    settings = load({})
    for network in NETWORKS:
        named = {coin: settings.names.resolve(coin, network.name) for coin in network.coins}
        node = await stack.enter_async_context(Anvil(chain_id=network.number, number=1_000_000))
        chain = settings.chains[ChainId(f"eip155:{network.number}")]
        depth = min(chain.options.get("depth", 0), DEPTH_MAX)
        if depth != chain.options.get("depth", 0):
            chain = structs.replace(chain, options={**chain.options, "depth": depth})
            book.configure(f"chain-{network.number}", _toml(chain))
        held = await _fill(node, network, named)
        await node.mine(BLOCKS_TO_FINAL + depth)
        height = (await registry.adapter(chain).final_block(node.rpc)).height
        _claim(book, network, named, held, height)
        book.providers.append(node.provider(f"anvil-{network.number}"))


async def _fill(node: Anvil, network: Network, named: Mapping[str, InstrumentSpec]) -> dict[str, dict[Address, int]]:
    """Some holders of each coin, and what they hold."""
    chance = random.Random(SEED + network.number)
    held = {
        coin: {
            _address(chance): chance.randrange(10 ** _decimals(spec), 10 ** (_decimals(spec) + 4))
            for _ in range(HOLDERS)
        }
        for coin, spec in named.items()
    }
    for coin, spec in named.items():
        assert spec.instrument is not None, coin
        if spec.instrument.startswith(_TOKEN):
            contract = spec.instrument.removeprefix(_TOKEN)
            await node.set_token(contract, decimals=_decimals(spec), balances=held[coin])
        else:
            await node.set_balances(held[coin])
    return held


def _claim(
    book: Book,
    network: Network,
    named: Mapping[str, InstrumentSpec],
    held: Mapping[str, Mapping[Address, int]],
    height: int,
) -> None:
    for coin, spec in named.items():
        for number, (address, amount) in enumerate(held[coin].items()):
            is_short = coin == "OKT" and number == 0
            book.claim(
                coin,
                network.name,
                asset=spec.asset,
                height=height,
                address=address,
                amount=amount + is_short,
                decimals=_decimals(spec),
                status="mismatch" if is_short else "verified",
            )
            if is_short:
                book.planted.append(f"one OKT balance a single unit short ({address})")


def _toml(chain: ChainSpec) -> str:
    said = {name: value for name, value in msgspec.to_builtins(chain).items() if value is not None}
    return msgspec.toml.encode({"chain": [said]}).decode()


def _decimals(spec: InstrumentSpec) -> int:
    assert spec.decimals is not None, spec.asset
    return spec.decimals


def _address(chance: random.Random) -> Address:
    return Address("0x" + chance.randbytes(20).hex())
