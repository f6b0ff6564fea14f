"""Coins of the example exchange on Bitcoin and its kin, as indexers have them: Esplora for Bitcoin, else Blockbook.

A ledger of a real network's genesis, checkpoint and address forms in which every holder was paid once.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import NamedTuple

from chains.spec import ChainSpec, ProviderKind, ProviderSpec
from chains.types import Address
from chains.utxo import address
from chains.utxo.params import coin_of
from indexer.settings import load
from scripts.example.book import Book
from tests.sim.indexers import BlockbookServer, EsploraServer, IndexerServer
from tests.sim.utxo_ledger import Chain, Output, Tx

HOLDERS, SETTLED = 6, 1_000
UNSERVED = "ZEC"
BITCOIN = "000000000019d6689c085ae165831e93"  # the start of its first block's hash


class Coin(NamedTuple):
    asset: str
    kind: ProviderKind
    server: type[IndexerServer]


COINS = (
    Coin("BTC", "esplora", EsploraServer),
    Coin("BCH", "blockbook", BlockbookServer),
    Coin("DOGE", "blockbook", BlockbookServer),
    Coin("DASH", "blockbook", BlockbookServer),
    Coin("BTG", "blockbook", BlockbookServer),
)


@dataclass(frozen=True)
class Payment(Output):
    """An output whose address has the form of its own network."""

    to: Address

    @property
    def address(self) -> Address:
        return self.to


class Paid(Chain):
    """One coinbase for each holder, ``SETTLED`` blocks ago. ``given``: hashes that the network is known by."""

    def __init__(self, given: Mapping[int, str], payments: list[Payment]) -> None:
        super().__init__(tip=0)
        self.tip = max(given) + 2 * SETTLED
        self._given = given
        at = self.tip - SETTLED
        self.txs = [Tx(at, (), (each,), b"", f"{number:064x}") for number, each in enumerate(payments, start=1)]

    def hash_at(self, height: int) -> str:
        return self._given.get(height, f"{height:064x}")

    def height_of(self, block_hash: str) -> int | None:
        given = {shown: height for height, shown in self._given.items()}
        return given.get(block_hash, int(block_hash, 16))


async def coins(stack: AsyncExitStack, book: Book) -> None:
    """The last holder of each claims a unit too much."""
    settings = load({})
    for coin in COINS:
        chain = settings.names.resolve(coin.asset).chain
        assert chain is not None, coin.asset
        await _coin(stack, book, coin, settings.chains[chain])


async def _coin(stack: AsyncExitStack, book: Book, coin: Coin, spec: ChainSpec) -> None:
    payments = [Payment(script(number), 10**9 + number, _text(spec, number)) for number in range(HOLDERS)]
    ledger = Paid(_known(spec), payments)
    server = await stack.enter_async_context(coin.server(ledger))
    url = f"{server.url}api" if coin.kind == "esplora" else server.url
    provider = ProviderSpec(
        name=f"{coin.kind} of {spec.name}",
        chain=spec.id,
        url=url,
        operator="tests",
        kind=coin.kind,
        per_second_max=10_000.0,
        attempts_max=2,
    )
    book.providers.append(provider)
    for number, payment in enumerate(payments):
        is_short = number == HOLDERS - 1
        book.claim(
            coin.asset,
            coin.asset,
            asset=coin.asset,
            height=ledger.tip - SETTLED // 2,
            address=payment.to,
            amount=payment.value + is_short,
            decimals=spec.native_decimals,
            status="mismatch" if is_short else "verified",
        )
    book.planted.append(f"one {coin.asset} claim a unit too high")


def unserved(book: Book) -> None:
    """A coin whose network nobody serves: said so, and never counted as nothing."""
    spec = load({}).names.resolve(UNSERVED)
    assert spec.chain is not None
    assert spec.decimals is not None
    book.claim(
        UNSERVED,
        UNSERVED,
        asset=UNSERVED,
        height=None,
        address=_text(load({}).chains[spec.chain], 1),
        amount=10**spec.decimals,
        decimals=spec.decimals,
        status="unavailable",
        why="no provider",
    )


def script(number: int) -> bytes:
    return b"\x76\xa9\x14" + number.to_bytes(20, "big") + b"\x88\xac"


def _text(spec: ChainSpec, number: int) -> Address:
    text = address.from_script(coin_of(spec), script(number))
    assert text is not None, spec.name
    return text


def _known(spec: ChainSpec) -> dict[int, str]:
    """The block whose hash names the network, on top of Bitcoin's where that is not its first, and its checkpoint."""
    coin = coin_of(spec)
    known = {0: BITCOIN.ljust(64, "0"), coin.named_at: spec.id.removeprefix("bip122:").ljust(64, "0")}
    return known | ({coin.checkpoint.height: coin.checkpoint.hash} if coin.checkpoint else {})
