"""Stellar's issued assets: entries as an SDK writes them, offers, authorization, and lines that are not there."""

from __future__ import annotations

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chains.answers import Held
from chains.errors import Malformed
from chains.stellar import trust
from chains.types import Address, Failure, Liquidity, Reason
from tests.chains.harness_stellar import KEYS_MAX, SPEC, USDC, StellarRpc, key, line, line_entry
from tests.chains.kit import asking
from tests.chains.world import World

HOLDER, ABSENT = line(1), line(10_000)
ALICE = Address("GA7QYNF7SOWQ3GLR2BGMZEHXAVIRZA4KVWLTJJFC7MGXUA74P7UJVSGZ")
SHORT, LONG = trust.parse(USDC), trust.parse(USDC.replace("USDC", "yUSDC12chars"))
# By stellar-sdk 16.1.1: xdr.LedgerKey, and xdr.LedgerEntryData with a balance of 10, without and with 4 for sale
BEFORE = "AAAAAQAAAAA/DDS/k60NmXHQTMyQ9wVRHIOKrZc0pKL7DXoD/H/omgAAAA"
KEYS = {
    SHORT: BEFORE + "FVU0RDAAAAADuZETgO/piLoKiQDrHP5E82b32+lGvtB3JA9/Yk3xXF",
    LONG: BEFORE + "J5VVNEQzEyY2hhcnMAAAAAO5kROA7+mIugqJAOsc/kTzZvfb6Ua+0HckD39iTfFcU=",
}
PLAIN = KEYS[SHORT] + "AAAAAAAAAAp//////////wAAAAEAAAAA"
SELLING = KEYS[SHORT] + "AAAAAAAAAAp//////////wAAAAEAAAABAAAAAAAAAAMAAAAAAAAABAAAAAA="


def world() -> World:
    made = World()
    made.tick({HOLDER: 500, key(1): 7})
    return made


@pytest.mark.parametrize("asset", [SHORT, LONG])
def test_keys_are_those_of_the_sdk(asset: trust.Asset) -> None:
    assert base64.b64encode(trust.line_key(ALICE, asset)).decode() == KEYS[asset]


def test_entries_of_the_sdk_are_read() -> None:
    assert trust.held(ALICE, SHORT, PLAIN) == Held(10, {Liquidity.LOCKED: 0})
    assert trust.held(ALICE, SHORT, SELLING) == Held(6, {Liquidity.LOCKED: 4})


@given(st.integers(0, 2**63 - 1), st.data(), st.integers(0, 7))
def test_an_amount_is_never_lost(balance: int, data: st.DataObject, flags: int) -> None:
    selling = data.draw(st.none() | st.integers(0, balance))
    held = trust.held(ALICE, LONG, line_entry(KEYS[LONG], balance, selling=selling, flags=flags))
    assert held.amount + held.locked[Liquidity.LOCKED] == balance
    assert held.locked[Liquidity.LOCKED] == (selling or 0 if flags & 1 else balance)


@given(st.binary(max_size=200))
def test_garbage_is_malformed(raw: bytes) -> None:
    with pytest.raises(Malformed):
        trust.held(ALICE, SHORT, base64.b64encode(raw).decode())


async def test_accounts_and_lines_are_asked_together() -> None:
    keys = [one for number in range(KEYS_MAX) for one in (key(number), line(number))]
    made = world()
    made.tick({one: 7 * number for number, one in enumerate(keys)})
    async with asking(SPEC, node := StellarRpc(made)) as ask:
        assert await ask.amounts(*keys, ABSENT) == [*(7 * number for number in range(2 * KEYS_MAX)), 0]
        assert sum(method == "getLedgerEntries" for method, _ in node.calls) == 3


@pytest.mark.parametrize(
    ("said", "liquid", "locked"),
    [({"selling": 0}, 500, 0), ({"selling": 480}, 20, 480), ({"flags": 0}, 0, 500), ({"flags": 2}, 0, 500)],
)
async def test_what_is_on_offer_or_not_authorized_stands_beside(said: dict[str, int], liquid: int, locked: int) -> None:
    async with asking(SPEC, node := StellarRpc(world())) as ask:
        node.lines[HOLDER.address] = said
        found = await ask.read(HOLDER, key(1))
        assert list(found.amounts) == [liquid, 7]
        assert found.locked == ({0: {Liquidity.LOCKED: locked}} if locked else {})


async def test_the_issuer_holds_none_of_its_own_and_is_not_asked() -> None:
    own = HOLDER._replace(address=SHORT.issuer)
    async with asking(SPEC, node := StellarRpc(world())) as ask:
        assert await ask.amounts(own) == [0]
        assert not any(method == "getLedgerEntries" for method, _ in node.calls)


@pytest.mark.parametrize(
    "said",
    [{"selling": 501}, {"selling": -1}, {"form": 1}, {"form": 2}],
)
async def test_an_entry_that_does_not_fit_is_no_amount(said: dict[str, int]) -> None:
    async with asking(SPEC, node := StellarRpc(world())) as ask:
        node.lines[HOLDER.address] = said
        failed, sound = await ask.amounts(HOLDER, key(1))
        assert isinstance(failed, Failure)
        assert failed.reason is Reason.MALFORMED
        assert sound == 7


async def test_the_entry_of_another_line_is_malformed() -> None:
    async with asking(SPEC, node := StellarRpc(world())) as ask:
        node.said[HOLDER.address] = PLAIN
        failed, zero = await ask.amounts(HOLDER, ABSENT)
        assert isinstance(failed, Failure)
        assert failed.reason is Reason.MALFORMED
        assert zero == 0


async def test_no_line_is_zero_only_in_an_answer_of_the_ledger() -> None:
    made = world()
    async with asking(SPEC, node := StellarRpc(made)) as ask:
        before = await ask.final()
        node.moves = 1
        found = await ask.read(ABSENT, block=before)
        assert list(found.amounts) == [0]
        assert found.block.height == made.head == before.height + 1
