"""The chains the example exchange keeps its coins on: real engines, holding what it claims, but for what is planted."""

from __future__ import annotations

import random
from collections.abc import Mapping
from contextlib import AsyncExitStack
from typing import cast

from msgspec import structs
from solders.keypair import Keypair

from chains.codec import bech32
from chains.spec import ProviderSpec
from chains.types import Address
from scripts.engines.anvil import Anvil
from scripts.engines.flaky import Flaky
from scripts.engines.litecoind import REGTEST, Litecoind
from scripts.engines.litesvm import LiteSvm
from scripts.example.book import Book
from scripts.example.token import BLOCKED, guarded_token_code

SEED = 20261124
USDT = "0xdac17f958d2ee523a2206206994597c13d831ec7"
USDC = "0xa0b86991c6218b36c1d19d4a2e9eb0ce3606eb48"
ETH_HOLDERS, USDT_HOLDERS, USDC_HOLDERS, LTC_HOLDERS, SOL_HOLDERS, SPL_HOLDERS = 700, 500, 300, 250, 300, 150
TOKEN_HOLDERS = 20


async def ethereum(stack: AsyncExitStack, book: Book, *, tokens: Mapping[str, str] = {}) -> None:
    """ETH, USDT and USDC on anvil, through one steady provider and one that fails half the time.

    ``tokens``: contracts of 18 decimals by the symbol of their asset, for a list of more of them.
    """
    chance = random.Random(SEED)
    node = await stack.enter_async_context(Anvil(chain_id=1, number=20_914_700))
    ether = {_evm_address(chance): chance.randrange(1, 10**21) for _ in range(ETH_HOLDERS)}
    tether = {_evm_address(chance): chance.randrange(1, 10**13) for _ in range(USDT_HOLDERS)}
    circle = {_evm_address(chance): chance.randrange(1, 10**13) for _ in range(USDC_HOLDERS)}
    blocked = _evm_address(chance)
    await node.set_balances(ether)
    await node.set_token(USDT, decimals=6, balances=tether)
    await node.set_token(USDC, decimals=6, balances=circle | {blocked: BLOCKED})
    await node.set_code(USDC, guarded_token_code(decimals=6))
    others = {
        symbol: {_evm_address(chance): chance.randrange(1, 10**22) for _ in range(TOKEN_HOLDERS)} for symbol in tokens
    }
    for symbol, contract in tokens.items():
        await node.set_token(contract, decimals=18, balances=others[symbol])
    await node.mine(4)
    final = cast(dict[str, str], await node.rpc.call("eth_getBlockByNumber", ("finalized", False)))
    height = int(final["number"], 16)

    short = next(iter(ether))
    for address, amount in ether.items():
        claimed, status = (amount + 1, "mismatch") if address == short else (amount, "verified")
        book.claim(
            "ETH", "ETH", asset="ETH", height=height, address=address, amount=claimed, decimals=18, status=status
        )
    for address, amount in tether.items():
        book.claim("USDT", "ETH", asset="USDT", height=height - 1, address=address, amount=amount, decimals=6)
    for address, amount in circle.items():
        book.claim("USDC", "ETH", asset="USDC", height=height, address=address, amount=amount, decimals=6)
    for symbol, balances in others.items():
        for address, amount in balances.items():
            book.claim(symbol, "ETH", asset=symbol, height=height, address=address, amount=amount, decimals=18)
    book.claim(
        "USDC", "ETH", asset="USDC", height=height, address=blocked, amount=10**9, decimals=6, status="unavailable"
    )
    book.planted.append(f"one ETH balance a single wei short ({short})")
    book.planted.append(f"one USDC address whose contract call reverts ({blocked})")

    flaky = await stack.enter_async_context(Flaky(node.url, seed=SEED))
    book.providers.append(node.provider("steady"))
    book.providers.append(_at(node.provider("half-dead"), flaky.url))
    book.planted.append("one Ethereum provider that fails every other request (half-dead): no row was lost by it")


async def litecoin(stack: AsyncExitStack, book: Book) -> None:
    """LTC on a regtest litecoind, with one line whose address has a wrong checksum."""
    chance = random.Random(SEED + 1)
    node = await stack.enter_async_context(Litecoind())
    holders = {
        bech32.encode_segwit("rltc", 0, chance.randbytes(20)): chance.randrange(10**4, 10**9)
        for _ in range(LTC_HOLDERS)
    }
    await node.pay(list(holders.items()))
    height = cast(int, await node.rpc.call("getblockcount"))
    await node.mine(3)
    for address, amount in holders.items():
        book.claim("LTC", "LTC", asset="LTC", height=height, address=address, amount=amount, decimals=8)
    good = next(iter(holders))
    bad = good[:-1] + ("q" if good[-1] != "q" else "p")
    book.claim("LTC", "LTC", asset="LTC", height=height, address=bad, amount=10**8, decimals=8, status="rejected")
    book.planted.append("one LTC line whose address has a wrong checksum")
    book.providers.append(node.provider("litecoind"))
    book.configure("litecoin", litecoin_config())


def litecoin_config() -> str:
    """The regtest chain and its coin, as TOML to be laid over the built-in configuration."""
    options = ", ".join(f"{key} = {_toml(value)}" for key, value in REGTEST.options.items())
    return f"""[[chain]]
id = "{REGTEST.id}"
name = "{REGTEST.name}"
family = "utxo"
native = "{REGTEST.native}"
native_decimals = 8
options = {{ {options} }}

[[instrument]]
asset = "LTC"
chain = "{REGTEST.id}"
id = "{REGTEST.native}"
decimals = 8

[names]
LTC = {{ chain = "{REGTEST.id}", asset = "LTC" }}
"""


async def solana(stack: AsyncExitStack, book: Book) -> None:
    """SOL and USDT as an SPL token on litesvm: read live, for that chain cannot be asked about the past."""
    chance = random.Random(SEED + 2)
    node = await stack.enter_async_context(LiteSvm())
    wallets = {_solana_address(chance): chance.randrange(10**7, 10**11) for _ in range(SOL_HOLDERS)}
    owners = {_solana_address(chance): chance.randrange(1, 10**12) for _ in range(SPL_HOLDERS)}
    node.fund(wallets)
    mint = node.create_mint(decimals=6)
    node.mint_to(mint, owners)
    for address, amount in wallets.items():
        book.claim("SOL", "SOL", asset="SOL", height=None, address=address, amount=amount, decimals=9)
    for address, amount in owners.items():
        book.claim("USDT-SPL", "SOL", asset="USDT", height=None, address=address, amount=amount, decimals=6)
    book.providers.append(node.provider("litesvm"))
    book.configure(
        "solana",
        f"""[[chain]]
id = "{node.chain}"
name = "Solana (litesvm)"
family = "solana"
native = "slip44:501"
native_decimals = 9

[[instrument]]
asset = "SOL"
chain = "{node.chain}"
id = "slip44:501"
decimals = 9

[[instrument]]
asset = "USDT"
chain = "{node.chain}"
id = "token:{mint}"
decimals = 6

[names]
SOL = {{ chain = "{node.chain}", asset = "SOL" }}
USDT-SPL = {{ chain = "{node.chain}", asset = "USDT" }}
""",
    )


def _evm_address(chance: random.Random) -> Address:
    return Address("0x" + chance.randbytes(20).hex())


def _solana_address(chance: random.Random) -> Address:
    return Address(str(Keypair.from_seed(chance.randbytes(32)).pubkey()))


def _at(provider: ProviderSpec, url: str) -> ProviderSpec:
    return structs.replace(provider, url=url)


def _toml(value: object) -> str:
    if isinstance(value, dict):
        return f"{{ {', '.join(f'{key} = {_toml(each)}' for key, each in value.items())} }}"
    if isinstance(value, bool):
        return str(value).lower()
    return f'"{value}"' if isinstance(value, str) else str(value)
