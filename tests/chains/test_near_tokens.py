"""NEAR's tokens: views that fail inside a result, contracts that are not there, and accounts that are unregistered."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from chains.errors import Malformed, Pruned, RpcFault
from chains.types import BalanceKey, Failure, Instrument, Liquidity, Reason
from tests.chains.harness_near import CONTRACT, PANIC, SPEC, USDT, NearNode, _handler, block_hash, key, token
from tests.chains.kit import asking
from tests.chains.served import Refusal
from tests.chains.world import World

HOLDER, ABSENT = token(1), token(10_000)


def world() -> World:
    made = World()
    for number in range(1, 6):
        made.tick({HOLDER: 100 * number, key(1): 7})
    return made


async def test_a_contract_is_asked_at_the_hash_of_the_block() -> None:
    made = world()
    async with asking(SPEC, node := NearNode(made)) as ask:
        block = await ask.at(height=3)
        assert await ask.amounts(HOLDER, key(1), ABSENT, key(10_000), block=block) == [made.at(3)[HOLDER], 7, 0, 0]
        views: Any = [params for _, params in node.calls if params.get("request_type") == "call_function"]  # type: ignore[union-attr]
        assert {(view["block_id"], view["account_id"]) for view in views} == {(block_hash(made, 3), CONTRACT)}


async def test_what_a_validator_locked_is_no_token() -> None:
    async with asking(SPEC, node := NearNode(world())) as ask:
        node.locked[HOLDER.address] = 9
        found = await ask.read(HOLDER, key(1))
        assert found.locked == {1: {Liquidity.STAKED: 9}}


WASM = "wasm execution failed with error: "


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (PANIC, Reason.REVERTED),
        (WASM + "HostError(GasLimitExceeded)", Reason.REVERTED),
        (WASM + "FunctionCallError(MethodResolveError(MethodNotFound))", Reason.NO_CODE),
        (WASM + f'CompilationError(CodeDoesNotExist {{ account_id: AccountId("{CONTRACT}") }})', Reason.NO_CODE),
    ],
)
async def test_a_view_that_failed_is_no_amount(error: str, reason: Reason) -> None:
    async with asking(SPEC, node := NearNode(world())) as ask:
        node.viewed[ABSENT.address] = {"result": list(b'"0"'), "error": error}
        failed, sound = await ask.amounts(ABSENT, HOLDER)
        assert failed == Failure(reason, error)
        assert sound == 500


@pytest.mark.parametrize(
    ("refusal", "reason"),
    [
        (_handler("UNKNOWN_ACCOUNT", f"account {CONTRACT} does not exist while viewing"), Reason.NO_CODE),
        (
            _handler(
                "NO_CONTRACT_CODE", f"Contract code for contract ID {CONTRACT} has never been observed on the node"
            ),
            Reason.NO_CODE,
        ),
        (_handler("UNAVAILABLE_SHARD", "the shard is not tracked"), Reason.REFUSED),
    ],
)
async def test_a_contract_that_is_not_there_is_no_zero(refusal: Refusal, reason: Reason) -> None:
    async with asking(SPEC, node := NearNode(world())) as ask:
        node.viewed[ABSENT.address] = refusal
        failed, sound = await ask.amounts(ABSENT, HOLDER)
        assert isinstance(failed, Failure)
        assert failed.reason is reason
        assert sound == 500


async def test_where_no_contract_is_every_key_has_the_reason() -> None:
    gone = [BalanceKey(key(number).address, Instrument("nep141:gone.near")) for number in range(3)]
    async with asking(SPEC, NearNode(world())) as ask:
        for found in await ask.amounts(*gone):
            assert isinstance(found, Failure)
            assert found.reason is Reason.NO_CODE


@pytest.mark.parametrize(
    "said",
    [
        {"result": list(b"5")},  # a JSON number may have been rounded
        {"result": list(b'"-5"')},
        {"result": list(b'"5')},
        {"result": list(b'""')},
        {"result": []},
        {"result": [256]},
        {"result": None},
        {"result": list(orjson.dumps(str(2**128)))},
        {"block_hash": "other"},
    ],
)
async def test_an_answer_that_does_not_fit_is_no_amount(said: dict[str, Any]) -> None:
    async with asking(SPEC, node := NearNode(world())) as ask:
        node.viewed[ABSENT.address] = said
        failed, sound = await ask.amounts(ABSENT, HOLDER)
        assert isinstance(failed, Failure)
        assert failed.reason is Reason.MALFORMED
        assert sound == 500


async def test_the_largest_amount_of_a_contract_is_read() -> None:
    made = world()
    made.tick({HOLDER: 2**128 - 1})
    async with asking(SPEC, NearNode(made)) as ask:
        assert await ask.amounts(HOLDER) == [2**128 - 1]


async def test_collected_state_is_never_zero() -> None:
    made = world()
    async with asking(SPEC, node := NearNode(made)) as ask:
        block = await ask.at(height=3)
        node.oldest = 4
        with pytest.raises(Pruned):
            await ask.read(ABSENT, HOLDER, block=block)


@pytest.mark.parametrize(
    ("said", "raised"),
    [
        ({"result": list(b'{"decimals":"6"}')}, Malformed),
        ({"result": list(b'{"decimals":256}')}, Malformed),
        ({"result": list(b"{}")}, Malformed),
        ({"error": PANIC}, RpcFault),
    ],
)
async def test_decimals_that_a_contract_does_not_state(said: dict[str, Any], raised: type[Exception]) -> None:
    async with asking(SPEC, node := NearNode(world())) as ask:
        node.viewed[CONTRACT] = said
        with pytest.raises(raised):
            await ask.adapter.decimals(ask.rpc, await ask.final(), USDT)
