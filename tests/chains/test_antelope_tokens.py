"""Tokens of Antelope's contracts: symbols that anybody may use, contracts without one, and accounts without a row."""

from __future__ import annotations

from typing import Any

import pytest

from chains.antelope import assets
from chains.errors import BadAddress, Malformed
from chains.types import BalanceKey, Failure, Instrument, Liquidity, Reason
from tests.chains.harness_antelope import SPEC, USDT, Nodeos, key
from tests.chains.kit import asking
from tests.chains.served import Refusal
from tests.chains.world import World

KEY, NOBODY = key(2), key(10_001)


def token(of: BalanceKey) -> BalanceKey:
    return of._replace(instrument=USDT)


def world() -> World:
    made = World(settle=2)
    made.tick({KEY: 30_000, token(KEY): 12_345, token(key(3)): 2**61})
    return made


async def test_coin_and_token_of_an_account_are_two_amounts_of_one_block() -> None:
    async with asking(SPEC, server := Nodeos(world())) as ask:
        server.said[KEY.address] = {"core_liquid_balance": "2.0000 EOS", "self_delegated_bandwidth": None}
        found = await ask.read(token(KEY), KEY, token(key(3)), key(3), token(key(4)))
        assert list(found.amounts) == [12_345, 30_000, 2**61, 0, 0]
        accounts = [params for method, params in server.calls if method.endswith("get_account")]
        assert len(accounts) == 2 * 3  # each of three accounts in each of two rounds


async def test_what_an_account_staked_is_no_token() -> None:
    async with asking(SPEC, server := Nodeos(world())) as ask:
        stake = {"from": "a", "to": "a", "net_weight": "1.0000 EOS", "cpu_weight": "0.0000 EOS"}
        server.said[KEY.address] = {"self_delegated_bandwidth": stake}
        assert (await ask.read(token(KEY), KEY)).locked == {1: {Liquidity.STAKED: 10_000}}


async def test_no_row_is_zero_only_of_an_account_that_exists() -> None:
    async with asking(SPEC, server := Nodeos(world())) as ask:
        server.nobody = {NOBODY.address}
        zero, failed = await ask.amounts(token(key(4)), token(NOBODY))
        assert zero == 0
        assert isinstance(failed, Failure)
        assert failed.reason is Reason.REFUSED


@pytest.mark.parametrize("instrument", ["token:USDT-tetherfaker", "token:USDT-eosio"])
async def test_a_symbol_of_another_contract_is_no_zero(instrument: str) -> None:
    async with asking(SPEC, Nodeos(world())) as ask:
        failed, sound = await ask.amounts(KEY._replace(instrument=Instrument(instrument)), token(KEY))
        assert isinstance(failed, Failure)
        assert failed.reason is Reason.NO_CODE
        assert sound == 12_345


async def test_a_contract_that_the_node_refuses_to_name_is_no_zero() -> None:
    async with asking(SPEC, server := Nodeos(world())) as ask:
        whole = server.respond

        def refusing(method: str, params: Any) -> Any:
            if method.endswith("get_currency_stats"):
                error = {"code": 0, "name": "exception", "details": [{"message": "unknown key: tethertether"}]}
                raise Refusal(500, {"code": 500, "message": "Internal Service Error", "error": error})
            return whole(method, params)

        server.respond = refusing  # type: ignore[method-assign]
        failed, sound = await ask.amounts(token(KEY), KEY)
        assert isinstance(failed, Failure)
        assert failed.reason is Reason.NO_CODE
        assert sound == 30_000


@pytest.mark.parametrize("rows", [["5.0000 USDX"], ["5.000 USDT"], ["-5.0000 USDT"], ["1.0000 USDT"] * 2, [5], "USDT"])
async def test_a_balance_that_does_not_fit_is_no_amount(rows: Any) -> None:
    async with asking(SPEC, server := Nodeos(world())) as ask:
        server.tokens[KEY.address] = rows
        failed, sound = await ask.amounts(token(KEY), KEY)
        assert isinstance(failed, Failure)
        assert failed.reason is Reason.MALFORMED
        assert sound == 30_000


async def test_decimals_are_those_of_the_contract() -> None:
    async with asking(SPEC, server := Nodeos(world())) as ask:
        server.precision["USDT"] = 6
        block = await ask.final()
        assert await ask.adapter.decimals(ask.rpc, block, USDT) == 6
        with pytest.raises(Malformed):
            await ask.adapter.decimals(ask.rpc, block, Instrument("token:USDT-tetherfaker"))


def test_a_token_is_its_symbol_and_its_contract() -> None:
    assert assets.token(USDT) == ("USDT", "tethertether")
    for text in ("USDT-tethertether", "token:USDT", "token:-tethertether", "token:TOOLONGS-a", "token:A-B"):
        with pytest.raises(BadAddress):
            assets.token(text)
