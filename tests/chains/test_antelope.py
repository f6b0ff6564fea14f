"""Antelope's traps: a head that moves, empty answers about nobody, other symbols, stakes and refunds beside."""

from __future__ import annotations

from typing import Any

import pytest

from chains.adapter import Controlling
from chains.codec.antelope import encode_key
from chains.controllers import Authority, ControlKind, Weighted, by_address, by_key
from chains.errors import Malformed, Pruned, Transport
from chains.types import Address, Failure, Liquidity, Reason
from tests.chains.harness_antelope import SPEC, Nodeos, key
from tests.chains.kit import asking
from tests.chains.served import Refusal
from tests.chains.world import World, grown

KEY, OTHER, ABSENT, NOBODY = key(2), key(3), key(10_000), key(10_001)


def world() -> World:
    return grown(lambda n: {KEY: 30_000 * n, OTHER: 10**13 + n}, settle=2)


async def test_eos_and_a_are_one_coin() -> None:
    async with asking(SPEC, server := Nodeos(world())) as ask:
        assert await ask.amounts(KEY, OTHER, ABSENT) == [150_000, 10**13 + 5, 0]
        server.twins[KEY.address] = []
        assert await ask.amounts(KEY) == [100_000]


async def test_an_empty_balance_is_zero_only_of_an_account_that_exists() -> None:
    async with asking(SPEC, server := Nodeos(world())) as ask:
        server.nobody = {NOBODY.address}
        zero, failed, ok = await ask.amounts(ABSENT, NOBODY, KEY)
        assert (zero, ok) == (0, 150_000)
        assert isinstance(failed, Failure)
        assert failed.reason is Reason.REFUSED
        assert "unknown key" in failed.detail


async def test_a_node_that_ran_out_of_time_is_no_answer() -> None:
    async with asking(SPEC, server := Nodeos(world())) as ask:
        error = {"code": 3080004, "name": "deadline_exception", "what": "deadline", "details": [{"message": "late"}]}

        def late(name: str) -> Any:
            raise Refusal(500, {"code": 500, "message": "Internal Service Error", "error": error})

        server._account = late  # type: ignore[method-assign]
        with pytest.raises(Transport):
            await ask.read(KEY, ABSENT)


async def test_stake_refund_and_rex_stand_beside() -> None:
    async with asking(SPEC, server := Nodeos(world())) as ask:
        server.said[KEY.address] = {
            "self_delegated_bandwidth": {
                "from": "a",
                "to": "a",
                "net_weight": "1.0000 EOS",
                "cpu_weight": "2.5000 EOS",
            },
            "refund_request": {
                "owner": "a",
                "request_time": "x",
                "net_amount": "0.0001 EOS",
                "cpu_amount": "4.0000 EOS",
            },
            "rex_info": {"version": 0, "owner": "a", "vote_stake": "9.0000 EOS", "rex_balance": "100000.0000 REX"},
        }
        found = await ask.read(KEY, OTHER)
        rex = 1_000_000_000 * 956_635_754_634 // 9_537_116_894_120_579
        assert list(found.amounts) == [150_000, 10**13 + 5]
        assert found.locked == {0: {Liquidity.STAKED: 35_000 + rex, Liquidity.UNBONDING: 40_001}}


@pytest.mark.parametrize(
    "said",
    [
        {"core_liquid_balance": "5.0000 SYS"},
        {"core_liquid_balance": "5.00000 EOS"},
        {"core_liquid_balance": "5 EOS"},
        {"core_liquid_balance": "-5.0000 EOS"},
        {"core_liquid_balance": "461168601842738.7904 EOS"},  # 2**62 units
        {"account_name": "eosio"},
        {"head_block_num": None},
        {"rex_info": {"rex_balance": "999953711689412.0579 REX"}},  # more than all
        {"refund_request": {"net_amount": "1.0000 A", "cpu_amount": "1.0000 EOS"}},
    ],
)
async def test_an_account_that_does_not_fit_is_no_amount(said: dict[str, Any]) -> None:
    async with asking(SPEC, server := Nodeos(world())) as ask:
        server.said[KEY.address] = said
        failed, ok = await ask.amounts(KEY, OTHER)
        assert isinstance(failed, Failure)
        assert failed.reason is Reason.MALFORMED
        assert ok == 10**13 + 5


@pytest.mark.parametrize("rows", [["5.0000 EOS"], ["5.00 A"], ["1.0000 A", "1.0000 A"], [5], {"A": 1}])
async def test_only_the_asked_token_counts(rows: Any) -> None:
    async with asking(SPEC, server := Nodeos(world())) as ask:
        server.twins[KEY.address] = rows
        failed, ok = await ask.amounts(KEY, OTHER)
        assert isinstance(failed, Failure)
        assert ok == 10**13 + 5


async def test_an_account_that_moves_once_is_asked_again() -> None:
    async with asking(SPEC, server := Nodeos(made := world())) as ask:
        before = await ask.final()
        server.moving, server.moves = KEY, 1
        found = await ask.read(KEY, OTHER, block=before)
        assert list(found.amounts) == [150_003, 10**13 + 5]
        assert before.height < found.block.height <= made.final
        assert made.at(found.block.height)[KEY] == 150_003
        assert found.block.hash == made.digest(found.block.height).hex()
        assert found.block.time == made.time(found.block.height)


async def test_an_account_that_never_stands_still_has_no_amount_and_its_neighbours_do() -> None:
    async with asking(SPEC, server := Nodeos(world())) as ask:
        server.moving, server.moves = KEY, 100
        failed, ok = await ask.amounts(KEY, OTHER)
        assert isinstance(failed, Failure)
        assert "moved" in failed.detail
        assert ok == 10**13 + 5


async def test_what_has_not_become_irreversible_is_not_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("chains.settled.POLL_S", 0)
    monkeypatch.setattr("chains.settled.POLLS_MAX", 3)
    async with asking(SPEC, server := Nodeos(world())) as ask:
        server.stuck = True
        with pytest.raises(Transport):
            await ask.read(KEY)


async def test_the_past_is_not_answered() -> None:
    made = world()
    async with asking(SPEC, Nodeos(made)) as ask:
        with pytest.raises(Pruned):
            await ask.at(height=made.final - 1)
        assert (await ask.at(time=made.time(made.final))).height == made.final


async def test_coins_that_are_one_have_the_same_decimals() -> None:
    async with asking(SPEC, server := Nodeos(world())) as ask:
        server.precision["A"] = 8
        with pytest.raises(Malformed):
            await ask.adapter.decimals(ask.rpc, await ask.final(), SPEC.native)


def permission(name: str, keys: dict[str, int], others: dict[str, int], **more: Any) -> dict[str, Any]:
    levels = [dict(zip(("actor", "permission"), level.split("@"), strict=True)) for level in others]
    accounts = [{"permission": level, "weight": weight} for level, weight in zip(levels, others.values(), strict=True)]
    required = {"threshold": 2, "keys": [{"key": key, "weight": weight} for key, weight in keys.items()]}
    return {"perm_name": name, "parent": "", "required_auth": {**required, "accounts": accounts, "waits": []}, **more}


async def test_who_controls_are_the_permissions_that_may_transfer() -> None:
    raw = bytes.fromhex("02" + "79be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798")
    ours, theirs = by_key(raw), by_address(Address("treasury"))
    others = {"treasury@active": 1, "treasury@owner": 2, "swap@eosio.code": 2}
    said = [
        permission(
            "owner", {encode_key(raw, old=True): 2, "PUB_R1_6FPFZqw5ahYrR9jD96yDbbDNTdKtNqRbze6oTDLntrsANgQKZu": 1}, {}
        ),
        permission("active", {encode_key(raw): 1}, others, linked_actions=[]),
        permission("pay", {encode_key(raw): 1}, {}, linked_actions=[{"account": "core.vaulta", "action": "transfer"}]),
        permission("all", {encode_key(raw): 1}, {}, linked_actions=[{"account": "eosio.token", "action": None}]),
        permission("vote", {encode_key(raw): 2}, {}, linked_actions=[{"account": "eosio", "action": "voteproducer"}]),
    ]
    async with asking(SPEC, server := Nodeos(made := world())) as ask:
        server.said[KEY.address] = {"permissions": said}
        server.nobody = {NOBODY.address}
        assert isinstance(ask.adapter, Controlling)
        before = await ask.final()
        found = await ask.adapter.controllers(ask.rpc, before, [NOBODY.address, KEY.address, ABSENT.address])
        assert before.height < found.block.height <= made.final
        assert found.failures.keys() == {0, 2}
        kind = ControlKind.PERMISSION
        assert found.authorities[1] == (
            Authority(kind, 2, (Weighted(ours, 2),), name="owner"),
            Authority(kind, 2, (Weighted(ours, 1), Weighted(theirs, 1)), name="active"),
            Authority(kind, 2, (Weighted(ours, 1),), name="pay"),
            Authority(kind, 2, (Weighted(ours, 1),), name="all"),
        )


async def test_a_chain_without_rex() -> None:
    async with asking(SPEC, server := Nodeos(world())) as ask:
        server.pools = []
        assert await ask.amounts(KEY) == [150_000]
