"""The Tron family on anvil behind java-tron's HTTP API: TRX with and without frozen coins, TRC-20, bad contracts."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from chains.adapter import Rpc
from chains.rpc import open_rpc
from chains.spec import ChainSpec
from chains.tron import address as tron_address
from chains.types import Address, BalanceKey, ChainId, Instrument, Reason
from scripts.engines import anvil
from scripts.engines.tron import REFERENCE, TronNode, hexadecimal
from tests.chains.harness import GoodAddress

NATIVE = Instrument("slip44:195")
DECIMALS = 6


def address(number: int) -> Address:
    return Address(tron_address.text(hashlib.sha256(f"tron {number}".encode()).digest()[:20]))


TOKEN, REVERTING, SILENT, SHORT, NO_CODE = (address(number) for number in range(5))


def trc20(contract: str) -> Instrument:
    return Instrument(f"trc20:{contract}")


def chain(reference: str) -> ChainSpec:
    return ChainSpec(
        id=ChainId(f"tron:0x{reference}"), name="local Tron", family="tron", native=NATIVE, native_decimals=6
    )


class TronScene:
    """Holders from 1,000 hold TRX, from 2,000 tokens, from 10,000 nothing; 9,000 is there to change, 2,999 to pay."""

    def __init__(self, node: TronNode, rpc: Rpc) -> None:
        self.node, self.rpc = node, rpc
        self._coins = {address(1000 + n): 10**6 + n for n in range(60)} | {address(1999): 2**62}
        self._tokens = {address(2000 + n): 10**6 + n for n in range(60)} | {address(2998): 2**256 - 1}
        self.known: Sequence[tuple[BalanceKey, int]] = [
            *((BalanceKey(holder, NATIVE), amount) for holder, amount in self._coins.items()),
            *((BalanceKey(holder, trc20(TOKEN)), amount) for holder, amount in self._tokens.items()),
        ]
        self.absent: Sequence[BalanceKey] = [
            BalanceKey(address(10_000 + n), NATIVE if n % 2 else trc20(TOKEN)) for n in range(2500)
        ]
        holder = address(1000)
        self.failing: Sequence[tuple[BalanceKey, Reason]] = [
            (BalanceKey(holder, trc20(REVERTING)), Reason.REVERTED),
            (BalanceKey(holder, trc20(SILENT)), Reason.EMPTY),
            (BalanceKey(holder, trc20(SHORT)), Reason.MALFORMED),
            (BalanceKey(holder, trc20(NO_CODE)), Reason.EMPTY),
            (BalanceKey(holder, Instrument("erc20:0x12")), Reason.UNSUPPORTED),
        ]
        self._changes = 0

    async def set_up(self) -> None:
        await self.node.set_balances(self._coins)
        await self.node.set_token(TOKEN, decimals=DECIMALS, balances=self._tokens | {address(2999): 10**6})
        codes = {REVERTING: anvil.REVERTS, SILENT: anvil.SILENT, SHORT: anvil.SHORT}
        for contract, code in codes.items():
            await self.node.anvil.set_code(hexadecimal(contract), code)
        await self.node.advance()

    async def advance(self) -> None:
        await self.node.advance()

    async def change(self) -> tuple[BalanceKey, int]:
        self._changes += 1
        await self.node.transfer(TOKEN, address(2999), address(9000), 1)
        await self.node.advance()
        return BalanceKey(address(9000), trc20(TOKEN)), self._changes


class TronHarness:
    spec = chain(REFERENCE)
    stranger = chain("cd8690dc")
    good = (
        GoodAddress("TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t", "TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t", True),
        GoodAddress("TLsV52sRDL79HXGGm9yzwKibb6BeruhUzy", "TLsV52sRDL79HXGGm9yzwKibb6BeruhUzy", True),
    )
    bad = (
        "",
        "T",
        "TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6",
        " TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t",
        "TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t\n",
        "TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj60",
        "ТR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t",  # a Cyrillic letter
        "41a614f803b6fd780986a42c78ec9c7f77e6ded13c",
        "0xa614f803b6fd780986a42c78ec9c7f77e6ded13c",
        "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa",
    )
    instruments = ((NATIVE, 6), (trc20(TOKEN), DECIMALS))
    instruments_bad = ("", "slip44:60", "trc20:", "trc20:T", TOKEN, f"TRC20:{TOKEN}", "trc10:1002000")

    @asynccontextmanager
    async def engine(self) -> AsyncIterator[TronScene]:
        async with TronNode() as node, open_rpc(node.provider) as rpc:
            scene = TronScene(node, rpc)
            await scene.set_up()
            yield scene


HARNESS = TronHarness()
