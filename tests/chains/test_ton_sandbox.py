"""TON's own contracts against what the family computes: addresses, balances, and transfers in between."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence

import pytest
from nacl.signing import SigningKey

from chains import registry
from chains.adapter import Reconciling
from chains.codec import ton
from chains.codec.ton import TonAddress
from chains.codec.ton_cell import Cell
from chains.codec.ton_jetton import reference_wallet
from chains.controllers import Authority, ControlKind, Weighted, by_address, by_key
from chains.ownership.ton_wallets import wallets
from chains.types import Address, BalanceKey, Failure, Liquidity, Reason
from scripts.engines import EngineMissing
from scripts.engines.ton import TonSandbox, Version, Wallet
from tests.chains.harness_ton import NATIVE
from tests.chains.harness_ton_sandbox import JETTON, SAID, SPEC, TETHER, owner
from tests.chains.kit import Asking

VERSIONS: tuple[Version, ...] = ("v3r2", "v4r2", "v5r1", "highload-v3")
TON = 10**9


@pytest.fixture(scope="module")
async def node() -> AsyncIterator[TonSandbox]:
    try:
        async with TonSandbox.running() as running:
            await running.jetton(**SAID)
            yield running
    except EngineMissing as missing:
        pytest.skip(str(missing))


@pytest.fixture(scope="module")
def ask(node: TonSandbox) -> Asking:
    return Asking(registry.adapter(SPEC), node.rpc)


def seed(number: int) -> bytes:
    return number.to_bytes(32, "big")


def public(number: int) -> bytes:
    return bytes(SigningKey(seed(number)).verify_key)


async def person(node: TonSandbox, number: int, jettons: int, version: Version = "v4r2") -> Wallet:
    """A wallet with coins for fees, and with jettons."""
    made = await node.deploy(version, seed(number), 10 * TON)
    await node.mint(JETTON, {made.address: jettons})
    return made


def tether(of: Wallet | Address) -> BalanceKey:
    return BalanceKey(of.address if isinstance(of, Wallet) else of, TETHER)


async def changes(ask: Asking, since: int, *keys: BalanceKey) -> list[int | Failure]:
    """Until now."""
    assert isinstance(ask.adapter, Reconciling)
    found = await ask.adapter.flows(ask.rpc, since=since, until=await ask.final(), keys=keys)
    return [found.failures[i] if amount is None else amount for i, amount in enumerate(found.amounts)]


def whole(found: Sequence[int | Failure | None]) -> list[int]:
    """All of them are known."""
    amounts = [one for one in found if isinstance(one, int)]
    assert len(amounts) == len(found), found
    return amounts


async def height(ask: Asking) -> int:
    return (await ask.final()).height


# -- addresses


@pytest.mark.parametrize("version", VERSIONS)
async def test_a_wallet_follows_from_its_key(node: TonSandbox, version: Version) -> None:
    """By the libraries of the wallets, and by the chain: an account whose code does not fit its address stays empty."""
    for number in (1, 2):
        made = await node.deploy(version, seed(number), TON)
        derived = wallets(public(number))[version]
        assert ton.encode(derived, bounceable=True) == made.address
        said = await node.rpc.call(
            "POST v3/runGetMethod", {"address": made.address, "method": "get_public_key", "stack": []}
        )
        assert isinstance(said, dict)
        assert said["stack"] == [{"type": "num", "value": hex(int.from_bytes(public(number), "big"))}]


async def test_who_controls_a_wallet_that_could_refuse_signatures_is_its_key(node: TonSandbox, ask: Asking) -> None:
    made = {version: (await node.deploy(version, seed(3), TON)).address for version in VERSIONS}
    absent = ask.adapter.parse_address(owner(1))
    found = dict(zip((*made, "absent"), await ask.control(*made.values(), absent), strict=True))
    assert found.pop("v5r1") == (Authority(ControlKind.WALLET_KEY, 1, (Weighted(by_key(public(3))),)),)
    assert found.pop("absent") == (Authority(ControlKind.OWN_KEY, 1, (Weighted(by_address(absent)),)),)
    reasons = {version: one.reason for version, one in found.items() if isinstance(one, Failure)}
    assert reasons == dict.fromkeys(made.keys() - {"v5r1"}, Reason.NO_CODE), "their addresses say it all"


async def test_a_jettons_wallet_is_where_the_master_says(node: TonSandbox) -> None:
    code = Cell(bytes.fromhex(JETTON.code), JETTON.depth)
    for number in range(20):
        of = owner(number)
        derived = reference_wallet(ton.decode(of), ton.decode(JETTON.master), code)
        assert (await node.wallet_of(JETTON, of))[0] == ton.encode(derived, bounceable=True)


# -- balances


async def test_every_form_of_an_address_is_one_account(node: TonSandbox, ask: Asking) -> None:
    account, digest = TonAddress(0, b"\x21" * 32), "21" * 32
    forms = [ton.encode(account, bounceable=True), ton.encode(account, bounceable=False), f"0:{digest}"]
    assert len({ask.adapter.parse_address(form) for form in forms}) == 1
    elsewhere = ask.adapter.parse_address(f"-1:{digest}")
    sender = await person(node, 4, 1)
    await node.send(sender, Address(forms[0]), TON, bounce=True)  # returned: there is no contract
    assert await ask.amounts(BalanceKey(ask.adapter.parse_address(forms[2]), NATIVE)) == [0]
    for form in forms[1:]:
        await node.send(sender, Address(form), TON)
    found = await ask.amounts(*(BalanceKey(ask.adapter.parse_address(one), NATIVE) for one in (forms[0], elsewhere)))
    (held, nothing) = found
    assert nothing == 0
    assert isinstance(held, int)
    assert 2 * TON - 10 < held <= 2 * TON, "less the rent of some seconds"


async def test_what_never_was_holds_zero_and_what_is_frozen_is_locked(node: TonSandbox, ask: Asking) -> None:
    await node.place({owner(20): 5 * TON})
    await node.place({owner(21): 7 * TON}, frozen=True)
    keys = [BalanceKey(owner(number), NATIVE) for number in (20, 21, 22)] + [tether(owner(22))]
    found = await ask.read(*keys)
    assert list(found.amounts) == [5 * TON, 0, 0, 0]
    assert found.locked == {1: {Liquidity.LOCKED: 7 * TON}}


async def test_jettons_are_what_their_contracts_say(node: TonSandbox, ask: Asking) -> None:
    one, other = await person(node, 5, 1000), await person(node, 6, 50, "v5r1")
    await node.transfer(JETTON, one, other.address, 300)
    await node.transfer(JETTON, other, owner(23), 349)
    await node.burn(JETTON, one, 100)
    holders = (one.address, other.address, owner(23), owner(24))
    assert [(await node.wallet_of(JETTON, of))[1] for of in holders] == [600, 1, 349, 0]
    assert await ask.amounts(*map(tether, holders)) == [600, 1, 349, 0]


# -- transfers in between


async def test_coins_are_followed_through_fees(node: TonSandbox, ask: Asking) -> None:
    one, other = await person(node, 7, 1), await person(node, 8, 1, "v3r2")
    keys = [BalanceKey(of.address, NATIVE) for of in (one, other)] + [BalanceKey(owner(25), NATIVE)]
    since, before = await height(ask), whole(await ask.amounts(*keys))
    await node.send(one, other.address, TON)
    await node.send(other, owner(25), 2 * TON)
    await node.transfer(JETTON, one, other.address, 1)
    moved = whole(await changes(ask, since, *keys))
    assert await ask.amounts(*keys) == [amount + change for amount, change in zip(before, moved, strict=True)]
    assert all(moved)


async def test_what_is_held_less_what_moved_is_what_was_held_at_any_height(node: TonSandbox, ask: Asking) -> None:
    one, other = await person(node, 9, 1000), await person(node, 10, 50)
    stranger = owner(26)
    holders = (one.address, other.address, stranger, owner(27))
    moves = [
        node.transfer(JETTON, one, other.address, 300),
        node.transfer(JETTON, other, stranger, 120),
        node.transfer(JETTON, one, one.address, 11),
        node.burn(JETTON, one, 7),
        node.burn(JETTON, other, 10**6),  # more than there is
        node.transfer(JETTON, one, stranger, 694),  # so is this
        node.mint(JETTON, {stranger: 1, one.address: 2**64}),
        node.send(one, (await node.wallet_of(JETTON, one.address))[0], TON),  # to the jetton wallet itself
        node.advance(),
    ]
    history = {}
    for move in moves:
        history[await height(ask)] = [(await node.wallet_of(JETTON, of))[1] for of in holders]
        await move
    held = whole(await ask.amounts(*map(tether, holders)))
    assert held == [693 + 2**64, 230, 121, 0]
    for since, then in history.items():
        moved = whole(await changes(ask, since, *map(tether, holders)))
        assert [now - change for now, change in zip(held, moved, strict=True)] == then


async def test_a_reading_in_the_midst_of_transfers_is_of_the_block_it_names(node: TonSandbox, ask: Asking) -> None:
    one, other = await person(node, 17, 1000), await person(node, 18, 50)
    keys = [tether(one), tether(other), BalanceKey(one.address, NATIVE)]

    async def pay() -> None:
        for _ in range(3):
            await node.transfer(JETTON, one, other.address, 1)

    block = await ask.final()
    found, _ = await asyncio.gather(ask.read(*keys, block=block), pay())
    moved = whole(await changes(ask, found.block.height, *keys))
    then = [amount + change for amount, change in zip(whole(found.amounts), moved, strict=True)]
    assert then == await ask.amounts(*keys)


async def test_a_height_in_the_midst_of_a_transfer_parts_it(node: TonSandbox, ask: Asking) -> None:
    """The sender's wallet is debited in one block, the receiver's credited in a later one."""
    one, other = await person(node, 11, 1000), await person(node, 12, 50)
    start = await height(ask)
    await node.transfer(JETTON, one, other.address, 300)
    states = [
        tuple(await changes(ask, since, tether(one), tether(other))) for since in range(start, await height(ask) + 1)
    ]
    assert list(dict.fromkeys(states)) == [(-300, 300), (0, 300), (0, 0)]


async def test_a_transfer_that_was_refused_moved_nothing(node: TonSandbox, ask: Asking) -> None:
    one, other = await person(node, 13, 1000), await person(node, 14, 50)
    since = await height(ask)
    await node.transfer(JETTON, one, other.address, 1001)
    assert await changes(ask, since, tether(one), tether(other)) == [0, 0]
    assert await ask.amounts(tether(one), tether(other)) == [1000, 50]


async def test_a_transfer_that_came_back_moved_nothing(node: TonSandbox, ask: Asking) -> None:
    one = await person(node, 15, 1000)
    stuck = (await node.wallet_of(JETTON, owner(28)))[0]
    await node.place({stuck: TON}, frozen=True)
    start = await height(ask)
    await node.transfer(JETTON, one, owner(28), 400)
    found = [(await changes(ask, since, tether(one)))[0] for since in range(start, await height(ask) + 1)]
    assert list(dict.fromkeys(found)) == [0, 400], "between the two, it was away"
    assert await ask.amounts(tether(one)) == [1000]
    (unknown,) = await changes(ask, start, tether(owner(28)))
    assert isinstance(unknown, Failure), "of a frozen wallet it cannot be said"
