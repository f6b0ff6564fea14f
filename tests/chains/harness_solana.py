"""The Solana family on litesvm: lamports, both token programs, stray accounts, and what stands at wrong addresses."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from solders.pubkey import Pubkey

from chains.adapter import Rpc
from chains.rpc import open_rpc
from chains.spec import ChainSpec
from chains.types import Address, BalanceKey, ChainId, Instrument, Reason
from scripts.engines.litesvm import TOKEN, TOKEN_2022, LiteSvm
from tests.chains.harness import GoodAddress

NATIVE = Instrument("slip44:501")
RENT = 890_880  # lamports an empty account must hold
DECIMALS, DECIMALS_2022 = 6, 2


def address(number: int) -> Address:
    return Address(str(Pubkey(hashlib.sha256(f"wallet {number}".encode()).digest())))


def chain(chain_id: ChainId) -> ChainSpec:
    return ChainSpec(id=chain_id, name="local Solana", family="solana", native=NATIVE, native_decimals=9)


def _token(mint: str) -> Instrument:
    return Instrument(f"token:{mint}")


class LiteSvmScene:
    """Wallets from 1,000 hold lamports, from 2,000 and 3,000 tokens; from 10,000 nothing; 9,000 is there to change."""

    def __init__(self, node: LiteSvm, rpc: Rpc) -> None:
        self.node, self.rpc = node, rpc
        classic, newer = _mints(node)
        lamports = {address(1000 + n): RENT + n for n in range(120)} | {address(1999): 2**53 + 1}
        classics = {address(2000 + n): 10**6 + n for n in range(60)} | {address(2999): 2**63 + 1}
        newers = {address(3000 + n): 7 * 10**6 + n for n in range(30)}
        node.fund({wallet: amount for wallet, amount in lamports.items() if amount < 10**9})
        node.put(address(1999), lamports=2**53 + 1)
        node.mint_to(classic, classics)
        node.mint_to(newer, newers)
        node.open_stray(classic, address(2000), 10**12)
        node.open_stray(classic, address(3999), 5)
        node.put(node.derived(classic, address(4000)), lamports=10**9, owner=address(4001), data=bytes(165))
        node.advance()
        held = {
            NATIVE: lamports,
            _token(classic): classics | {address(2000): 10**12 + 10**6, address(3999): 5},
            _token(newer): newers,
        }
        self.known: Sequence[tuple[BalanceKey, int]] = [
            (BalanceKey(wallet, instrument), amount)
            for instrument, amounts in held.items()
            for wallet, amount in amounts.items()
        ]
        self.absent: Sequence[BalanceKey] = [
            BalanceKey(address(10_000 + n), list(held)[n % len(held)]) for n in range(1000)
        ]
        self.failing: Sequence[tuple[BalanceKey, Reason]] = [
            (BalanceKey(address(1000), _token(address(5000))), Reason.NO_CODE),
            (BalanceKey(address(1000), _token(address(1001))), Reason.UNSUPPORTED),
            (BalanceKey(Address(node.derived(classic, address(2001))), _token(classic)), Reason.UNSUPPORTED),
            (BalanceKey(address(4000), _token(classic)), Reason.MALFORMED),
            (BalanceKey(address(1000), Instrument("erc20:0x12")), Reason.UNSUPPORTED),
        ]
        self._classic = classic
        self._changes = 0

    async def advance(self) -> None:
        self.node.advance()

    async def change(self) -> tuple[BalanceKey, int]:
        self._changes += 1
        self.node.mint_to(self._classic, {address(9000): 1})
        self.node.advance()
        return BalanceKey(address(9000), _token(self._classic)), self._changes


def _mints(node: LiteSvm) -> tuple[str, str]:
    return (
        node.create_mint(decimals=DECIMALS, program=TOKEN),
        node.create_mint(decimals=DECIMALS_2022, program=TOKEN_2022),
    )


class SolanaHarness:
    # Keys and genesis hash follow from names, so the facts of a node that never runs hold for every one that does.
    _model = LiteSvm()
    _classic, _newer = _mints(_model)
    spec = chain(_model.chain)
    stranger = chain(ChainId("solana:5eykt4UsFv8P8NJdTREpY1vzqKqZKvdp"))
    good = (
        GoodAddress(
            "EPjFWdd5AufqSSqeM2qN1xzybapC8G4wEGGkZwyTDt1v", "EPjFWdd5AufqSSqeM2qN1xzybapC8G4wEGGkZwyTDt1v", False
        ),
        GoodAddress(
            "Es9vMFrzaCERmJfrF4H2FYD4KCoNkY11McCe8BenwNYB", "Es9vMFrzaCERmJfrF4H2FYD4KCoNkY11McCe8BenwNYB", False
        ),
        GoodAddress("11111111111111111111111111111111", "11111111111111111111111111111111", False),
    )
    bad = (
        "",
        "1" * 31,
        "1" * 33,
        "EPjFWdd5AufqSSqeM2qN1xzybapC8G4wEGGkZwyTDt1vv",
        "1EPjFWdd5AufqSSqeM2qN1xzybapC8G4wEGGkZwyTDt1v",
        " EPjFWdd5AufqSSqeM2qN1xzybapC8G4wEGGkZwyTDt1v",
        "EPjFWdd5AufqSSqeM2qN1xzybapC8G4wEGGkZwyTDt1v\n",
        "EPjFWdd5AufqSSqeM2qN1xzybapC8G4wEGGkZwyTDt0v",
        "EPjFWdd5AufqSSqeM2qN1xzybapC8G4wEGGkZwyTDtlv",
        "EPjFWdd5AufqSSqеM2qN1xzybapC8G4wEGGkZwyTDt1v",  # a Cyrillic letter
        "zzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzz",  # more than 32 bytes
        "0xdbf03b407c01e7cd3cbea99509d93f8dddc8c6fb",
        "LhK2kQwiaAvhjWY799cZvMyYwnQAcxkarr",
    )
    instruments = ((NATIVE, 9), (_token(_classic), DECIMALS), (_token(_newer), DECIMALS_2022))
    instruments_bad = ("", "slip44:60", "token:", "token:12", _classic, f"Token:{_classic}", f"token: {_classic}")

    @asynccontextmanager
    async def engine(self) -> AsyncIterator[LiteSvmScene]:
        async with LiteSvm() as node, open_rpc(node.provider("litesvm")) as rpc:
            yield LiteSvmScene(node, rpc)


HARNESS = SolanaHarness()
