"""TON and a jetton on TON: read at the newest block; rows claimed at an earlier height are followed by transactions."""

from __future__ import annotations

import random
from contextlib import AsyncExitStack
from functools import partial
from typing import cast

import msgspec
from msgspec import structs

from chains.codec import ton as codec
from chains.codec.ton import BASECHAIN, TonAddress
from chains.spec import ChainSpec
from chains.ton import toncenter
from chains.types import Address
from indexer.settings import load
from scripts.engines.ton import CHAIN, Jetton, TonSandbox
from scripts.example.book import Book

SEED = 20261129
TON_HOLDERS, JETTON_HOLDERS, MOVED = 60, 12, 3
_COIN = 10**9


async def ton(stack: AsyncExitStack, book: Book) -> None:
    """Holders of either; and payers and paid, whose rows name the height before the payments."""
    chance = random.Random(SEED)
    node = await stack.enter_async_context(TonSandbox.running())
    jetton = await node.jetton(name="Tether of the sandbox", symbol="USDT", decimals="6")
    coins = {_address(chance): chance.randrange(_COIN, 10**6 * _COIN) for _ in range(TON_HOLDERS)}
    frozen = {_address(chance): 5 * _COIN}
    paid = {_address(chance): chance.randrange(_COIN, 10**6 * _COIN) for _ in range(MOVED)}
    tether = {_address(chance): chance.randrange(1, 10**12) for _ in range(JETTON_HOLDERS)}
    payers = {await node.deploy("v4r2", chance.randbytes(32), 10 * _COIN): 10**9 + n for n in range(MOVED)}
    await node.place(coins | paid)
    await node.place(frozen, frozen=True)
    await node.mint(jetton, tether | {payer.address: held for payer, held in payers.items()})
    height = (await toncenter.last(node.rpc)).seqno
    for payer, holder in zip(payers, paid, strict=True):
        await node.send(payer, holder, _COIN)
        await node.transfer(jetton, payer, holder, 10**6)

    short, liar = next(iter(coins)), next(iter(payers)).address
    for holder, amount in (coins | frozen).items():
        status, claimed = ("mismatch", amount + 1) if holder == short else ("verified", amount)
        book.claim("TON", "TON", asset="TON", height=None, address=holder, amount=claimed, decimals=9, status=status)
    for holder, amount in tether.items():
        book.claim("USDT-TON", "TON", asset="USDT", height=None, address=holder, amount=amount, decimals=6)
    then = partial(book.claim, network="TON", height=height, status="unpinned")
    for holder, amount in paid.items():
        then("TON", asset="TON", address=holder, amount=amount, decimals=9)
    for payer, amount in payers.items():
        claimed = amount + (payer.address == liar)
        then("USDT-TON", asset="USDT", address=payer.address, amount=claimed, decimals=6)
    book.planted.append(f"one TON balance a single unit short ({short}), and a frozen one ({next(iter(frozen))})")
    book.planted.append(f"{2 * MOVED} TON rows claimed before later payments; one claims a unit too much ({liar})")
    book.residues["TON", CHAIN], book.residues["USDT", CHAIN] = (MOVED, 0), (MOVED - 1, 1)
    book.providers.append(node.provider)
    book.configure("ton", _config(jetton))


def _config(jetton: Jetton) -> str:
    """The shipped network, which knows one jetton more: what the list means by USDT there."""
    shipped = load({}).chains[CHAIN]
    options = {"jettons": {**shipped.options["jettons"], jetton.master: {"code": jetton.code, "depth": jetton.depth}}}
    instrument = {"chain": CHAIN, "asset": "USDT"}
    identity = f"jetton:{jetton.master}"
    said = {
        "chain": [_said(structs.replace(shipped, options=options))],
        "instrument": [{**instrument, "id": identity, "decimals": 6}],
        "names": {"USDT-TON": {**instrument, "instrument": identity}},
    }
    return msgspec.toml.encode(said).decode()


def _said(chain: ChainSpec) -> dict[str, object]:
    fields = cast(dict[str, object], msgspec.to_builtins(chain))
    return {name: value for name, value in fields.items() if value is not None}


def _address(chance: random.Random) -> Address:
    return Address(codec.encode(TonAddress(BASECHAIN, chance.randbytes(32)), bounceable=True))
