"""The ton family on @ton/sandbox: coins, and a jetton whose master and wallets are contracts that the TVM runs."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from msgspec import structs

from chains.spec import ChainSpec
from chains.types import Address, BalanceKey, Instrument, Reason
from scripts.engines.ton import Jetton, TonSandbox
from tests.chains import harness_ton
from tests.chains.harness_ton import NATIVE
from tests.chains.world import amount

JETTON = Jetton(
    Address("EQDuLeDZw8Jd6VDaXgOQJChQaGH0hAn_WKDaQUv_bCgc8Hcp"),
    "a760d629d5343e76d045017d9dc216fc8a307a8377815feb2b0a5c490e733486",
    6,
)
"""What the first jetton of every sandbox is: its code and first data are always the same."""
TETHER = Instrument(f"jetton:{JETTON.master}")
SAID = {"name": "Tether of the sandbox", "symbol": "USDT", "decimals": "6"}
SPEC = structs.replace(
    harness_ton.SPEC,
    name="TON (sandbox)",
    options={"jettons": {JETTON.master: {"code": JETTON.code, "depth": JETTON.depth}}},
)


def owner(number: int) -> Address:
    return harness_ton.key(number).address


def key(number: int) -> BalanceKey:
    return BalanceKey(owner(number), (NATIVE, TETHER)[number % 2])


class SandboxScene:
    """Keys from 0 hold something, from 10,000 nothing; what 9,001 holds of the jetton changes."""

    failing: Sequence[tuple[BalanceKey, Reason]] = ()

    def __init__(self, node: TonSandbox) -> None:
        self.node, self.rpc = node, node.rpc
        self.known = [(key(number), amount(number)) for number in range(60)]
        self.absent = [key(10_000 + number) for number in range(1000)]
        self._changes = 0

    async def fill(self) -> None:
        await self.node.place({key.address: held for key, held in self.known if key.instrument == NATIVE})
        assert await self.node.jetton(**SAID) == JETTON
        await self.node.mint(JETTON, {key.address: held for key, held in self.known if key.instrument == TETHER})

    async def advance(self) -> None:
        await self.node.advance()

    async def change(self) -> tuple[BalanceKey, int]:
        self._changes += 1
        await self.node.mint(JETTON, {key(9001).address: 1})
        return key(9001), self._changes


class SandboxHarness(harness_ton.TonHarness):
    spec: ChainSpec = SPEC
    instruments = ((NATIVE, 9), (TETHER, 6))

    @asynccontextmanager
    async def engine(self) -> AsyncIterator[SandboxScene]:
        async with TonSandbox.running() as node:
            scene = SandboxScene(node)
            await scene.fill()
            yield scene


HARNESS = SandboxHarness()
