"""The utxo family on litecoind: a regtest chain where two confirmations are final."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import msgspec

from chains.adapter import Rpc
from chains.types import Address, BalanceKey, ChainId, Reason
from chains.utxo import address
from chains.utxo.params import coin_of
from scripts.engines.litecoind import REGTEST, Litecoind
from tests.chains.harness import GoodAddress

COIN = coin_of(REGTEST)
KNOWN, ABSENT, CHANGED = b"\x00\x14\x01", b"\x00\x14\x02", b"\x00\x14\x03"


def key(prefix: bytes, number: int) -> BalanceKey:
    text = address.from_script(COIN, prefix + number.to_bytes(19, "big"))
    assert text is not None
    return BalanceKey(text, REGTEST.native)


class LitecoinScene:
    def __init__(self, node: Litecoind) -> None:
        self.node = node
        self.known: Sequence[tuple[BalanceKey, int]] = [(key(KNOWN, n), 10**6 + n) for n in range(60)]
        self.absent: Sequence[BalanceKey] = [key(ABSENT, n) for n in range(1000)]
        self.failing: Sequence[tuple[BalanceKey, Reason]] = []
        self._changed = 0

    @property
    def rpc(self) -> Rpc:
        return self.node.rpc

    async def set_up(self) -> None:
        await self.node.pay([(known.address, amount) for known, amount in self.known])
        await self.node.mine()

    async def advance(self) -> None:
        await self.node.mine()

    async def change(self) -> tuple[BalanceKey, int]:
        """One more coin for an address, made final by the block after it."""
        self._changed += 12_345
        await self.node.pay([(key(CHANGED, 0).address, 12_345)])
        await self.node.mine()
        return key(CHANGED, 0), self._changed


def good(text: str, canonical: str | None = None) -> GoodAddress:
    return GoodAddress(text, Address(canonical or text), checksummed=True)


class UtxoHarness:
    spec = REGTEST
    stranger = msgspec.structs.replace(REGTEST, id=ChainId("bip122:12a765e31ffd4059bada1e25190f6e98"))
    good = (
        good("mrCDrCybB6J1vRfbwM5hemdJz73FwDBC8r"),
        good("QXHFfTBKYXjaaTH1e7Rox8CcdNPGHVhM59"),
        good("2N3vVYSK5XRgVSGWy21PnsRmBUywSQNdCsf", "QXHFfTBKYXjaaTH1e7Rox8CcdNPGHVhM59"),
        good("rltc1qw508d6qejxtdg4y5r3zarvary0c5xw7k693xs3"),
        good("RLTC1QW508D6QEJXTDG4Y5R3ZARVARY0C5XW7K693XS3", "rltc1qw508d6qejxtdg4y5r3zarvary0c5xw7k693xs3"),
        good("rltc1qw508d6qejxtdg4y5r3zarvary0c5xw7kw508d6qejxtdg4y5r3zs8yp37h"),
        good("rltc1pw508d6qejxtdg4y5r3zarvary0c5xw7kw508d6qejxtdg4y5r3zsdnpcxt"),
        good("rltc1zw508d6qejxtdg4y5r3zarvary0c5xw7kevxu09"),  # a witness version nobody uses yet
    )
    bad = (
        "",
        "rltc1",
        " mrCDrCybB6J1vRfbwM5hemdJz73FwDBC8r",
        "mrCDrCybB6J1vRfbwM5hemdJz73FwDBC8r\n",
        "1mrCDrCybB6J1vRfbwM5hemdJz73FwDBC8r",
        "mrCDrCybB6J1vRfbwM5hemdJz73FwDBC8",
        "mrCDrCybB6J1vRfbwM5hemdJz73FwDBC80",
        "mrCDr\u0421ybB6J1vRfbwM5hemdJz73FwDBC8r",  # a Cyrillic letter
        "rltc1qw508d6qejxtdg4y5r3zarvary0c5xw7k693xS3",  # mixed case
        "rltc1qw508d6qejxtdg4y5r3zarvary0c5xw7k693x\u0665",  # an Arabic digit
        "LVuDpNCSSj6pQ7t9Pv6d6sUkLKoqDEVUnJ",  # the main network's
        "MJaRnao1s62a2zAKSkmG582KbLKianqb7v",
        "ltc1qw508d6qejxtdg4y5r3zarvary0c5xw7kgmn4n9",
        "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4",
        "1BgGZ9tcN4rm9KBzDn7KprQz87SZ26SAMH",
        "tmweb1qqtest",
        "0x5aaeb6053f3e94c9b9a09f33669435e7ef1beaed",
    )
    instruments = ((REGTEST.native, 8),)
    instruments_bad = ("", "slip44:0", "SLIP44:2", " slip44:2", "erc20:0x12")

    @asynccontextmanager
    async def engine(self) -> AsyncIterator[LitecoinScene]:
        async with Litecoind() as node:
            scene = LitecoinScene(node)
            await scene.set_up()
            yield scene


HARNESS = UtxoHarness()
