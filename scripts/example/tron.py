"""TRX and USDT on Tron: read at the newest solid block, with frozen coins, and rows claimed at an earlier height."""

from __future__ import annotations

import random
from contextlib import AsyncExitStack

from chains.rpc import open_rpc
from chains.tron import address as tron_address
from chains.tron import node as java_tron
from chains.types import Address
from scripts.engines.tron import TronNode
from scripts.example.book import Book

SEED = 20261127
USDT = "TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t"
TRX_HOLDERS, USDT_HOLDERS, MOVED = 150, 150, 12


async def tron(stack: AsyncExitStack, book: Book) -> None:
    chance = random.Random(SEED)
    node = await stack.enter_async_context(TronNode())
    coins = {_address(chance): chance.randrange(10**6, 10**13) for _ in range(TRX_HOLDERS)}
    tether = {_address(chance): chance.randrange(10**6, 10**12) for _ in range(USDT_HOLDERS)}
    moved = {_address(chance): chance.randrange(10**6, 10**12) for _ in range(MOVED)}
    await node.set_balances(coins)
    await node.set_token(USDT, decimals=6, balances=tether | moved)
    staker, frozen = next(iter(coins)), 5 * 10**12
    node.accounts[staker] = {"frozenV2": [{"amount": frozen}]}
    await node.advance()
    async with open_rpc(node.provider) as rpc:
        height = (await java_tron.header(rpc)).block.height
    node.history_since = None
    for sender in moved:
        await node.transfer(USDT, sender, _address(chance), 10**6)
    await node.advance()

    for holder, amount in coins.items():
        claimed = amount + frozen if holder == staker else amount
        book.claim("TRX", "TRX", asset="TRX", height=None, address=holder, amount=claimed, decimals=6)
    for holder, amount in tether.items():
        book.claim("USDT-TRC20", "TRX", asset="USDT", height=None, address=holder, amount=amount, decimals=6)
    liar = next(iter(moved))
    for holder, amount in moved.items():
        book.claim(
            "USDT-TRC20",
            "TRX",
            asset="USDT",
            height=height,
            address=holder,
            amount=amount + (holder == liar),
            decimals=6,
            status="unpinned",
        )
    book.planted.append(f"one TRX balance of which a part is frozen, claimed whole ({staker})")
    book.planted.append(f"{MOVED} Tron rows claimed before later transfers; one claims a unit too much ({liar})")
    before = _address(chance)
    await node.set_balances({before: 10**9})
    await node.advance()
    book.claim("TRX", "TRX", asset="TRX", height=height, address=before, amount=10**9, decimals=6, status="unpinned")
    book.planted.append(f"one Tron balance of an earlier height, about which the node says a silent 0 ({before})")
    book.residues["TRX", node.provider.chain] = (0, 0)
    book.residues["USDT", node.provider.chain] = (MOVED - 1, 1)
    book.providers.append(node.provider)


def _address(chance: random.Random) -> Address:
    return Address(tron_address.text(chance.randbytes(20)))
