"""A local TON: @ton/sandbox executes contracts as validators do, and toncenter's API v3 is served of its state.

Wallets are those of @ton/ton and of Tonkite's highload wallet; jettons run the code of the assets SDK, which follows
TEP-74. What is signed, transferred, minted and burned here runs as transactions; each has a block of its own.
"""

from __future__ import annotations

import asyncio
import re
import shutil
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Literal, NamedTuple, Self, TypeAlias, cast

from chains.adapter import Rpc
from chains.rpc import open_rpc
from chains.spec import ProviderSpec
from chains.types import Address, ChainId
from scripts.engines import EngineMissing, node_program, npm
from scripts.engines.npm_archive import read_member

PACKAGE = "@ton/sandbox"
CHAIN = ChainId("tvm:-239")
HERE, HOME = Path(__file__).parent, npm.HOME / "ton"
_ASSETS = ("@ton-community/assets-sdk@0.0.5", "ton-community-assets-sdk-0.0.5.tgz")
_BUILD = "dist/jetton/contracts/build"
_CODE = re.compile(r"codeBoc: '([A-Za-z0-9+/=]+)'")

Version: TypeAlias = Literal["v3r2", "v4r2", "v5r1", "highload-v3"]


class Wallet(NamedTuple):
    """``seed``: of its ed25519 key. The address as the wallet's own library derives it."""

    version: Version
    seed: bytes
    address: Address

    def said(self) -> dict[str, str]:
        return {"version": self.version, "seed": self.seed.hex(), "address": self.address}


class Jetton(NamedTuple):
    """A master, and the code that it gives to wallets: hash (hex) and depth."""

    master: Address
    code: str
    depth: int


def find() -> Path | None:
    return HERE / "serve.js" if npm.locked(HOME, HERE) and shutil.which("node") else None


def install() -> Path:
    """The path of the program, with what it runs on brought by npm. Raises EngineMissing."""
    npm.install_locked(HOME, HERE)
    if found := find():
        return found
    raise EngineMissing(f"{PACKAGE} is installed, but there is no node to run it")


class TonSandbox:
    """It has the global id of the main network."""

    def __init__(self, provider: ProviderSpec, rpc: Rpc) -> None:
        self.provider, self.rpc = provider, rpc

    @classmethod
    @asynccontextmanager
    async def running(cls) -> AsyncIterator[Self]:
        """``async with TonSandbox.running() as node``. Entering raises EngineMissing."""
        program = await asyncio.to_thread(install)
        env = {"NODE_PATH": str(HOME / "node_modules")}
        async with node_program.running(program, name=PACKAGE, folder=HOME, env=env) as url:
            provider = ProviderSpec(
                name="ton-sandbox", chain=CHAIN, url=url, operator="local", per_second_max=10_000.0, attempts_max=1
            )
            async with open_rpc(provider) as rpc:
                yield cls(provider, rpc)

    async def advance(self) -> None:
        """A block in which nothing happens."""
        await self._do("advance")

    async def place(self, coins: Mapping[Address, int], *, frozen: bool = False) -> None:
        """Accounts without code that hold exactly this, as if from before the first block."""
        await self._do(
            "place", accounts=[{"address": one, "coins": str(held)} for one, held in coins.items()], frozen=frozen
        )

    async def deploy(self, version: Version, seed: bytes, coins: int) -> Wallet:
        """A wallet, by a message that brings its code and these coins; what it runs costs a little of them."""
        said = await self._do("deploy", version=version, seed=seed.hex(), coins=str(coins))
        return Wallet(version, seed, Address(said["address"]))

    async def send(self, sender: Wallet, to: Address, coins: int, *, bounce: bool = False) -> None:
        await self._do("send", sender=sender.said(), to=to, coins=str(coins), bounce=bounce)

    async def jetton(self, **said: str) -> Jetton:
        """``said``: what its content on the chain says (name, symbol, decimals, uri). Raises EngineMissing."""
        minter, wallet = [await asyncio.to_thread(_code, name) for name in ("minter", "wallet")]
        made = await self._do("jetton", minter=minter, wallet=wallet, said=said)
        return Jetton(Address(made["master"]), made["code"], int(made["depth"]))

    async def mint(self, jetton: Jetton, amounts: Mapping[Address, int]) -> None:
        said = {owner: str(amount) for owner, amount in amounts.items()}
        await self._do("mint", master=jetton.master, amounts=said)

    async def transfer(self, jetton: Jetton, sender: Wallet, to: Address, amount: int) -> None:
        await self._do("transfer", master=jetton.master, sender=sender.said(), to=to, amount=str(amount))

    async def burn(self, jetton: Jetton, sender: Wallet, amount: int) -> None:
        await self._do("burn", master=jetton.master, sender=sender.said(), amount=str(amount))

    async def wallet_of(self, jetton: Jetton, owner: Address) -> tuple[Address, int]:
        """By the master's get_wallet_address; and what it holds by its get_wallet_data (0: there is no contract)."""
        said = await self._do("wallet", master=jetton.master, owner=owner)
        return Address(said["address"]), int(said["balance"])

    async def _do(self, what: str, **body: object) -> dict[str, str]:
        return cast(dict[str, str], await self.rpc.call(f"POST engine/{what}", body))


def _code(name: str) -> str:
    """A contract of the assets SDK, as it was compiled for its package."""
    found = _CODE.search(read_member(*_ASSETS, f"{_BUILD}/jetton-{name}.js"))
    assert found is not None, f"{_ASSETS[0]} has the code of a jetton {name}"
    return found[1]
