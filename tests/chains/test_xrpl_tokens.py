"""The XRP Ledger's issued tokens: floats as integers, both sides of a line, freezes, issuers, and absent lines."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chains.errors import Malformed, Pruned, Transport
from chains.types import Failure, Liquidity, Reason
from chains.xrpl.tokens import DECIMALS, base_units
from tests.chains.harness_xrpl import CURRENCY, ISSUER, SPEC, Rippled, is_low, key, line
from tests.chains.kit import asking
from tests.chains.world import World

LOW, HIGH = (next(line(n) for n in range(100) if is_low(line(n).address) is low) for low in (True, False))
ABSENT = line(10_000)
TOKEN = 10**DECIMALS


def world() -> World:
    made = World()
    made.tick({LOW: 5 * TOKEN, HIGH: 7 * TOKEN, key(1): 500})
    return made


@pytest.mark.parametrize(
    ("text", "amount", "exact"),
    [
        ("0", 0, True),
        ("100", 100 * TOKEN, True),
        ("1e-7", 10**11, True),
        ("-0.5", -TOKEN // 2, True),
        ("1234567890.123456", 1234567890123456 * 10**12, True),
        ("9999999999999999e80", 9999999999999999 * 10**98, True),
        ("1000000000000001E-18", 1000000000000001, True),
        ("1000000000000001e-19", 100000000000000, False),
        ("-1000000000000001e-96", 0, False),
        ("0.1234567890123456789", 123456789012345678, False),
    ],
)
def test_amounts_are_whole_base_units(text: str, amount: int, exact: bool) -> None:
    assert base_units(text) == (amount, exact)


@given(st.integers(10**15, 10**16 - 1), st.integers(-96, 80), st.sampled_from(["", "-"]), st.sampled_from("eEf"))
def test_every_amount_of_the_ledger_is_exact_or_rounded_toward_zero(
    mantissa: int, exponent: int, sign: str, style: str
) -> None:
    number = Decimal(f"{sign}{mantissa}e{exponent}")
    text = f"{number:{style}}" if style == "f" and -20 <= exponent <= 0 else f"{sign}{mantissa}{style[:1]}{exponent}"
    text = text.replace("f", "e")
    amount, exact = base_units(text)
    truth = Fraction(number) * TOKEN
    assert exact == (amount == truth)
    assert abs(amount) <= abs(truth) < abs(amount) + 1
    assert exact or exponent < -DECIMALS


@given(st.text(max_size=30))
def test_other_text_is_malformed_or_a_number(text: str) -> None:
    try:
        amount, exact = base_units(text)
    except Malformed:
        return
    assert exact == (Fraction(text) * TOKEN == amount)


@pytest.mark.parametrize("text", ["", "-", ".5", "5.", "1e", "+5", "NaN", "1e1000", "٣", "1_000", " 1", "1\n", "0x10"])
def test_what_is_no_amount(text: str) -> None:
    with pytest.raises(Malformed):
        base_units(text)


async def test_lines_are_read_from_the_holders_side_in_the_pinned_ledger() -> None:
    async with asking(SPEC, server := Rippled(world())) as ask:
        block = await ask.final()
        assert await ask.amounts(LOW, key(1), HIGH, ABSENT, block=block) == [5 * TOKEN, 500, 7 * TOKEN, 0]
        asked: Any = [body for _, body in server.calls if body["method"] == "ledger_entry"]  # type: ignore[call-overload]
        assert {body["params"][0]["ledger_hash"] for body in asked} == {block.hash}
        assert asked[0]["params"][0]["ripple_state"] == {"accounts": [LOW.address, ISSUER], "currency": CURRENCY}


@pytest.mark.parametrize("holder", [LOW, HIGH])
async def test_what_an_account_owes_is_no_holding(holder: Any) -> None:
    owed = "-12.5" if holder is LOW else "12.5"
    async with asking(SPEC, server := Rippled(world())) as ask:
        server.lines[holder.address] = {"Balance": {"currency": CURRENCY, "issuer": "r", "value": owed}}
        found = await ask.read(holder)
        assert list(found.amounts) == [0]
        assert found.remarks[0].kind == "owes"
        assert "12.5" in found.remarks[0].detail


async def test_the_issuer_holds_none_of_its_own() -> None:
    async with asking(SPEC, server := Rippled(world())) as ask:
        own = LOW._replace(address=ISSUER)
        assert await ask.amounts(own, LOW) == [0, 5 * TOKEN]
        assert sum(body["method"] == "ledger_entry" for _, body in server.calls) == 1  # type: ignore[call-overload]


FROZEN = [(LOW, 0x0080_0000), (LOW, 0x0400_0000), (HIGH, 0x0040_0000), (HIGH, 0x0240_0000)]


@pytest.mark.parametrize(("holder", "flag"), FROZEN)
async def test_what_the_issuer_froze_stands_beside(holder: Any, flag: int) -> None:
    async with asking(SPEC, server := Rippled(world())) as ask:
        server.lines[holder.address] = {"Flags": 0x0001_0000 | flag}
        found = await ask.read(holder, ABSENT)
        assert list(found.amounts) == [0, 0]
        assert found.locked == {0: {Liquidity.LOCKED: (5 if holder is LOW else 7) * TOKEN}}


@pytest.mark.parametrize(("holder", "flag"), [(HIGH, 0x0480_0000), (LOW, 0x0240_0000)])
async def test_what_the_holder_froze_itself_is_no_matter(holder: Any, flag: int) -> None:
    async with asking(SPEC, server := Rippled(world())) as ask:
        server.lines[holder.address] = {"Flags": flag}
        assert not (await ask.read(holder)).locked


async def test_a_global_freeze_concerns_every_line() -> None:
    async with asking(SPEC, server := Rippled(world())) as ask:
        server.issuer = {"Balance": "5", "Flags": 0x0040_0000}
        found = await ask.read(LOW, HIGH, key(1))
        assert list(found.amounts) == [0, 0, 500]
        assert found.locked == {0: {Liquidity.LOCKED: 5 * TOKEN}, 1: {Liquidity.LOCKED: 7 * TOKEN}}


@pytest.mark.parametrize("clio", [False, True])
async def test_without_its_issuer_no_absent_line_is_zero(clio: bool) -> None:
    async with asking(SPEC, server := Rippled(world())) as ask:
        server.issuer, server.clio = None, clio
        gone, sound = await ask.amounts(ABSENT, key(1))
        assert isinstance(gone, Failure)
        assert gone.reason is Reason.NO_CODE
        assert sound == 500


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        ({"error": "entryNotFound", "validated": False, "status": "error"}, Reason.REFUSED),
        ({"error": "entryNotFound", "ledger_hash": "0" * 64, "status": "error"}, Reason.REFUSED),
        ({"error": "malformedRequest", "status": "error"}, Reason.REFUSED),
        ({"error": "actNotFound", "status": "error"}, Reason.REFUSED),
        ({"node": {}, "status": "success"}, Reason.MALFORMED),
    ],
)
async def test_only_the_ledgers_own_word_is_zero(said: dict[str, Any], reason: Reason) -> None:
    async with asking(SPEC, server := Rippled(world())) as ask:
        server.said[ABSENT.address] = said
        failed, sound = await ask.amounts(ABSENT, LOW)
        assert isinstance(failed, Failure)
        assert failed.reason is reason
        assert sound == 5 * TOKEN


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"Balance": {"currency": "USD", "issuer": "r", "value": "5"}}, Reason.MALFORMED),
        ({"Balance": {"currency": CURRENCY, "issuer": "r", "value": 5}}, Reason.MALFORMED),
        ({"Balance": {"currency": CURRENCY, "issuer": "r", "value": "five"}}, Reason.MALFORMED),
        ({"HighLimit": {"currency": CURRENCY, "issuer": "r", "value": "0"}}, Reason.MALFORMED),
        ({"Flags": None}, Reason.MALFORMED),
        ({"Balance": {"currency": CURRENCY, "issuer": "r", "value": "9999999999999999e80"}}, Reason.OUT_OF_RANGE),
    ],
)
async def test_a_line_that_does_not_fit_is_no_amount(changes: dict[str, Any], reason: Reason) -> None:
    async with asking(SPEC, server := Rippled(world())) as ask:
        server.lines[LOW.address] = changes
        failed, sound = await ask.amounts(LOW, HIGH)
        assert isinstance(failed, Failure)
        assert failed.reason is reason
        assert sound == 7 * TOKEN


@pytest.mark.parametrize("changes", [{"validated": False}, {"ledger_hash": "0" * 64}, {"node": None}])
async def test_a_line_of_another_ledger_is_no_amount(changes: dict[str, Any]) -> None:
    made = world()
    async with asking(SPEC, server := Rippled(made)) as ask:
        line_of = {
            "ripple_state": {"accounts": [LOW.address, ISSUER], "currency": CURRENCY},
            "ledger_index": made.final,
        }
        sound = server._result("ledger_entry", line_of)
        server.said[LOW.address] = sound
        assert await ask.amounts(LOW) == [5 * TOKEN]
        server.said[LOW.address] = {**sound, **changes}
        failed, whole = await ask.amounts(LOW, HIGH)
        assert isinstance(failed, Failure)
        assert failed.reason is Reason.MALFORMED
        assert whole == 7 * TOKEN


async def test_a_server_that_is_busy_says_nothing_of_a_line() -> None:
    async with asking(SPEC, server := Rippled(world())) as ask:
        server.said[LOW.address] = {"error": "slowDown", "status": "error"}
        with pytest.raises(Transport):
            await ask.read(LOW, ABSENT)


async def test_digits_beyond_the_last_decimal_are_told() -> None:
    async with asking(SPEC, server := Rippled(world())) as ask:
        value = {"currency": CURRENCY, "issuer": "r", "value": "1234567890123456e-19"}
        server.lines[LOW.address] = {"Balance": value}
        found = await ask.read(LOW)
        assert list(found.amounts) == [123456789012345]
        assert found.remarks[0].kind == "rounded-down"


async def test_a_pruned_ledger_is_never_zero() -> None:
    async with asking(SPEC, server := Rippled(world())) as ask:
        server.said[ABSENT.address] = {"error": "lgrNotFound", "status": "error"}
        with pytest.raises(Pruned):
            await ask.read(LOW, ABSENT)
