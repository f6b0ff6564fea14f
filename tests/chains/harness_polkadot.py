"""The polkadot family on a scripted Substrate node: native accounts and assets, none of which spoils another."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import msgspec

from chains.codec import ss58
from chains.codec.hashes import blake2b
from chains.polkadot import storage
from chains.rpc import open_rpc
from chains.spec import ChainSpec
from chains.types import Address, BalanceKey, ChainId, Instrument, Reason
from tests.chains.harness import GoodAddress
from tests.chains.substrate import NATIVE, USDT, Substrate
from tests.chains.world import World, WorldScene

PREFIX = 0


def world() -> World:
    return World(first=0, settle=1)


SPEC = ChainSpec(
    id=ChainId("polkadot:" + world().digest(0).hex()[:32]),
    name="scripted Asset Hub",
    family="polkadot",
    native=NATIVE,
    native_decimals=10,
    options={"ss58": PREFIX},
)


def account(number: int) -> bytes:
    return blake2b(b"%d" % number, 32)


def address(number: int) -> Address:
    return Address(ss58.encode(PREFIX, account(number)))


def key(number: int) -> BalanceKey:
    return BalanceKey(address(number), USDT if number % 3 == 2 else NATIVE)


class PolkadotHarness:
    spec = SPEC
    stranger = msgspec.structs.replace(SPEC, id=ChainId("polkadot:91b171bb158e2d3848fa23a9f1c25182"))
    good = (
        GoodAddress(address(1), address(1), True),
        GoodAddress(
            "15oF4uVJwmo4TdGW7VfQxNLavjCXviqxT9S1MgbjMNHr6Sp5", "15oF4uVJwmo4TdGW7VfQxNLavjCXviqxT9S1MgbjMNHr6Sp5", True
        ),
    )
    bad = (
        "",
        "5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQY",  # the generic prefix 42
        "HNZata7iMYWmk5RvZRTiAsSDhV8366zq2YGb3tLH5Upf74F",  # Kusama
        "15oF4uVJwmo4TdGW7VfQxNLavjCXviqxT9S1MgbjMNHr6Sp6",
        " 15oF4uVJwmo4TdGW7VfQxNLavjCXviqxT9S1MgbjMNHr6Sp5",
        "15oF4uVJwmo4TdGW7VfQxNLavjCXviqxT9S1MgbjMNHr6Sp5\n",
        "0xd43593c715fdd31c61141abd04a99fd6822c8558854ccde39a5684e7a56da27d",
    )
    instruments = ((NATIVE, 10), (USDT, 6))
    instruments_bad = ("", "slip44:60", "asset:", "asset:01984", "asset:-1", "asset:4294967296", "asset:١", "1984")

    @asynccontextmanager
    async def engine(self) -> AsyncIterator[WorldScene]:
        async with Substrate(world(), PREFIX) as node, open_rpc(node.provider(SPEC.id)) as rpc:
            broken = [(BalanceKey(address(20_000), held), Reason.MALFORMED) for held in (NATIVE, USDT)]
            node.planted[storage.account_key(account(20_000))] = bytes(79)  # a byte short
            node.planted[storage.asset_key(1984, account(20_000))] = bytes(15)
            foreign = BalanceKey(address(1), Instrument("erc20:0x12"))
            yield WorldScene(node.world, rpc, key, [*broken, (foreign, Reason.UNSUPPORTED)])


HARNESS = PolkadotHarness()
