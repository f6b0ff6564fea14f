"""Stellar's traps: the newest ledger only, entries left out, and a ledger that closes while keys are asked."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from chains.codec import strkey
from chains.controllers import NOBODY, Authority, ControlKind, Weighted, by_address
from chains.errors import Malformed, Pruned, Transport
from chains.stellar.adapter import KEYS_MAX
from chains.types import Address, BlockRef, Failure, Reason
from tests.chains.harness_stellar import SPEC, StellarRpc, account_entry, key
from tests.chains.kit import asking
from tests.chains.world import World, grown

KEY, ABSENT = key(1), key(10_000)


def world() -> World:
    return grown(lambda n: {KEY: 100 * n})


@pytest.mark.parametrize("count", [0, 1, KEYS_MAX - 1, KEYS_MAX, KEYS_MAX + 1, 10 * KEYS_MAX])
async def test_no_call_has_more_keys_than_are_taken(count: int) -> None:
    keys = [key(number) for number in range(count)]
    made = world()
    made.tick({one: 7 * number for number, one in enumerate(keys)})
    async with asking(SPEC, node := StellarRpc(made)) as ask:
        assert await ask.amounts(*keys) == [7 * number for number in range(count)]
        assert sum(method == "getLedgerEntries" for method, _ in node.calls) == -(-count // KEYS_MAX)


async def test_all_keys_are_of_one_ledger() -> None:
    keys = [key(number) for number in range(3 * KEYS_MAX)]
    made = world()
    async with asking(SPEC, node := StellarRpc(made)) as ask:
        before = await ask.final()
        node.moves = 2
        found = await ask.read(*keys, block=before)
        assert found.block.height == made.head > before.height
        assert found.amounts[1] == 500


async def test_a_node_behind_the_pinned_ledger_is_not_read() -> None:
    made = world()
    async with asking(SPEC, StellarRpc(made)) as ask:
        with pytest.raises(Transport):
            await ask.read(KEY, block=BlockRef(made.head + 1, "later"))


async def test_the_past_is_not_answered() -> None:
    made = world()
    async with asking(SPEC, StellarRpc(made)) as ask:
        with pytest.raises(Pruned):
            await ask.at(height=made.head - 1)
        with pytest.raises(Pruned):
            await ask.at(time=made.time(2))
        assert (await ask.final()).time == made.time(made.head)


@pytest.mark.parametrize(
    "xdr", ["", "!", "AAAA", account_entry(b"\1" * 32, 5), base64.b64encode(b"\0\0\0\1" + bytes(60)).decode()]
)
async def test_an_entry_that_does_not_fit_is_no_amount(xdr: str) -> None:
    async with asking(SPEC, node := StellarRpc(world())) as ask:
        node.said[KEY.address] = xdr or "="
        failed, zero = await ask.amounts(KEY, ABSENT)
        assert isinstance(failed, Failure)
        assert failed.reason is Reason.MALFORMED
        assert zero == 0


async def test_an_entry_that_was_not_asked_is_malformed() -> None:
    async with asking(SPEC, node := StellarRpc(world())) as ask:
        entries = node._entries

        def more(keys: list[str]) -> Any:
            found = entries(keys)
            return found | {"entries": [*found["entries"], {"key": "AAAA", "xdr": "AAAA"}]}

        node._entries = more  # type: ignore[method-assign]
        with pytest.raises(Malformed):
            await ask.read(ABSENT)


ALICE, BOB = (strkey.decode(key(number).address) for number in (1, 2))
PAYLOAD = b"\0\0\0\5hello\0\0\0"


def listed(threshold: int, *signers: tuple[bytes, int]) -> tuple[Authority, ...]:
    weighted = tuple(Weighted(by_address(Address(strkey.encode(who))), weight) for who, weight in signers)
    return (Authority(ControlKind.SIGNER_LIST, threshold, weighted, "medium threshold"),)


@pytest.mark.parametrize(
    ("entry", "found"),
    [
        (account_entry(ALICE, 5), listed(1, (ALICE, 1))),
        (account_entry(ALICE, 5, inflation=b"\0\0\0\1" + bytes(4) + BOB), listed(1, (ALICE, 1))),
        (account_entry(ALICE, 5, thresholds=b"\0\1\2\3", signers=[(0, BOB, 2)]), listed(2, (BOB, 2))),
        (
            account_entry(ALICE, 5, thresholds=b"\1\0\3\3", signers=[(2, BOB, 1), (3, BOB + PAYLOAD, 1), (0, BOB, 2)]),
            listed(3, (ALICE, 1), (BOB, 2)),
        ),
        (account_entry(ALICE, 5, thresholds=bytes(4)), (NOBODY,)),
        (account_entry(ALICE, 5, thresholds=bytes(4), signers=[(1, BOB, 1)]), Reason.UNSUPPORTED),
        (account_entry(ALICE, 5, signers=[(0, BOB, 1), (0, BOB, 1)]), Reason.MALFORMED),
        (account_entry(BOB, 5), Reason.MALFORMED),
        (base64.b64encode(base64.b64decode(account_entry(ALICE, 5))[:-9]).decode(), Reason.MALFORMED),
        ("!", Reason.MALFORMED),
    ],
)
async def test_who_can_pay_from_an_account(entry: str, found: object) -> None:
    async with asking(SPEC, server := StellarRpc(world())) as ask:
        server.said[KEY.address] = entry
        told, absent = await ask.control(KEY.address, ABSENT.address)
        assert (told.reason if isinstance(told, Failure) else told) == found
        assert isinstance(absent, Failure)
