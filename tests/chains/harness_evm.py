"""The EVM family on anvil: native coins, a token, and contracts that answer badly."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from chains.adapter import Rpc
from chains.spec import ChainSpec
from chains.types import Address, BalanceKey, ChainId, Instrument, Reason
from scripts.engines import anvil
from tests.chains.harness import GoodAddress

NATIVE = Instrument("slip44:60")
TOKEN = "0x" + "70" * 20
TOKEN_DECIMALS = 6
ERC20 = Instrument(f"erc20:{TOKEN}")
REVERTING, SILENT, SHORT, HUGE, NO_CODE = ("0x" + pair * 20 for pair in ("a1", "a2", "a3", "a4", "a5"))
CHAIN_NUMBER = 4242


def address(number: int) -> Address:
    return Address(f"0x{number:040x}")


def erc20(contract: str) -> Instrument:
    return Instrument(f"erc20:{contract}")


def chain(number: int) -> ChainSpec:
    return ChainSpec(id=ChainId(f"eip155:{number}"), name="local EVM", family="evm", native=NATIVE, native_decimals=18)


class AnvilScene:
    """Addresses from 0x10000 hold something, from 0x20000 nothing, 0x30000 is there to change."""

    def __init__(self, node: anvil.Anvil) -> None:
        self.node = node
        coins = {address(0x10000 + n): 10**18 + n for n in range(60)} | {address(0x1FFFF): 2**256 - 1}
        tokens = {address(0x10000 + n): 10**6 + n for n in range(40)}
        self.known: Sequence[tuple[BalanceKey, int]] = [
            *((BalanceKey(holder, NATIVE), amount) for holder, amount in coins.items()),
            *((BalanceKey(holder, ERC20), amount) for holder, amount in tokens.items()),
        ]
        self.absent: Sequence[BalanceKey] = [
            BalanceKey(address(0x20000 + n), NATIVE if n % 2 else ERC20) for n in range(1000)
        ]
        holder = address(0x10000)
        self.failing: Sequence[tuple[BalanceKey, Reason]] = [
            (BalanceKey(holder, erc20(REVERTING)), Reason.REVERTED),
            (BalanceKey(holder, erc20(SILENT)), Reason.EMPTY),
            (BalanceKey(holder, erc20(SHORT)), Reason.MALFORMED),
            (BalanceKey(holder, erc20(NO_CODE)), Reason.NO_CODE),
        ]
        self._coins, self._tokens = coins, tokens
        self._changes = 0

    @property
    def rpc(self) -> Rpc:
        return self.node.rpc

    async def set_up(self) -> None:
        await self.node.set_balances(self._coins)
        await self.node.set_token(TOKEN, decimals=TOKEN_DECIMALS, balances=self._tokens)
        codes = {REVERTING: anvil.REVERTS, SILENT: anvil.SILENT, SHORT: anvil.SHORT, HUGE: anvil.HUGE}
        for contract, code in codes.items():
            await self.node.set_code(contract, code)
        await self.node.mine()

    async def advance(self) -> None:
        await self.node.mine()

    async def change(self) -> tuple[BalanceKey, int]:
        self._changes += 1
        holder = address(0x30000)
        await self.node.set_token(TOKEN, decimals=TOKEN_DECIMALS, balances={holder: self._changes})
        await self.node.mine()
        return BalanceKey(holder, ERC20), self._changes


class EvmHarness:
    spec = chain(CHAIN_NUMBER)
    stranger = chain(CHAIN_NUMBER + 1)
    # The examples of EIP-55, and their one-case spellings.
    good = (
        GoodAddress("0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed", "0x5aaeb6053f3e94c9b9a09f33669435e7ef1beaed", True),
        GoodAddress("0xfB6916095ca1df60bB79Ce92cE3Ea74c37c5d359", "0xfb6916095ca1df60bb79ce92ce3ea74c37c5d359", True),
        GoodAddress("0xdbf03b407c01e7cd3cbea99509d93f8dddc8c6fb", "0xdbf03b407c01e7cd3cbea99509d93f8dddc8c6fb", False),
        GoodAddress("0x52908400098527886E0F7030069857D2E4169EE7", "0x52908400098527886e0f7030069857d2e4169ee7", False),
    )
    bad = (
        "",
        "0x",
        "5aaeb6053f3e94c9b9a09f33669435e7ef1beaed",
        "0X5aaeb6053f3e94c9b9a09f33669435e7ef1beaed",
        "0x5aaeb6053f3e94c9b9a09f33669435e7ef1beae",
        "0x5aaeb6053f3e94c9b9a09f33669435e7ef1beaed0",
        "0x5aaeb6053f3e94c9b9a09f33669435e7ef1beaed\n",
        " 0x5aaeb6053f3e94c9b9a09f33669435e7ef1beaed",
        "0x5aaeb6053f3e94c9b9a09f33669435e7ef1beaeg",
        "0x5aaeb6053f3e94c9b9a09f33669435e7ef1be_ed",
        "0x5аaeb6053f3e94c9b9a09f33669435e7ef1beaed",  # a Cyrillic letter
        "0x5aaeb6053f3e94c9b9a09f33669435e7ef1beae١",  # an Arabic digit
        "0x5AAeb6053F3E94C9b9A09f33669435E7Ef1BeAed",
        "LhK2kQwiaAvhjWY799cZvMyYwnQAcxkarr",
    )
    instruments = ((NATIVE, 18), (ERC20, TOKEN_DECIMALS))
    instruments_bad = ("", "slip44:61", "erc20:", f"erc721:{TOKEN}", "erc20:0x12", TOKEN, f"ERC20:{TOKEN}")

    @asynccontextmanager
    async def engine(self) -> AsyncIterator[AnvilScene]:
        async with anvil.Anvil(chain_id=CHAIN_NUMBER) as node:
            scene = AnvilScene(node)
            await scene.set_up()
            yield scene


HARNESS = EvmHarness()
