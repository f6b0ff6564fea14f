"""Starknet's traps: a u256 in two felts, blocks that L1 has not accepted yet, nodes without the tag or the state."""

from __future__ import annotations

from typing import Any

import pytest

from chains.codec import starknet
from chains.controllers import Authority, ControlKind, Weighted, by_key
from chains.errors import NotFinal, Pruned, Reorged
from chains.starknet import owners
from chains.types import BlockRef, Failure, Reason
from tests.chains import harness_starknet
from tests.chains.harness_starknet import BALANCE_OF, SPEC, StarknetNode, key
from tests.chains.kit import asking
from tests.chains.served import Refusal
from tests.chains.world import World

KEY, ABSENT = key(1), key(10_000)


def world(blocks: int = 6, settle: int = 2) -> World:
    made = World(first=0, settle=settle)
    for number in range(1, blocks):
        made.tick({KEY: 100 * number})
    return made


def test_selectors_are_those_of_the_contracts() -> None:
    known = (BALANCE_OF, harness_starknet.DECIMALS, "0x83afd3f4caedc6eebf44246fe54e38c95e3179a5ec9ea81740eca5b482d12e")
    assert tuple(hex(starknet.selector(name)) for name in ("balanceOf", "decimals", "transfer")) == known


@pytest.mark.parametrize("held", [2**128 - 1, 2**128, 2**128 + 7, 2**256 - 1])
async def test_both_halves_count_and_the_low_one_is_first(held: int) -> None:
    made = world()
    made.tick({KEY: held})
    async with asking(SPEC, StarknetNode(made)) as ask:
        assert await ask.amounts(KEY, ABSENT) == [held, 0]


@pytest.mark.parametrize("said", [["0x1"], ["0x1", "0x0", "0x0"], [hex(2**128), "0x0"], ["1", "0"], [1, 0], {}])
async def test_what_is_no_u256_is_no_amount(said: Any) -> None:
    async with asking(SPEC, node := StarknetNode(world())) as ask:
        node.said[int(KEY.address, 16)] = said
        failed, zero = await ask.amounts(KEY, ABSENT)
        if said:
            assert isinstance(failed, Failure)
            assert failed.reason is Reason.MALFORMED
        assert zero == 0


@pytest.mark.parametrize("tags", [True, False])
async def test_final_is_what_l1_accepted(tags: bool) -> None:
    made = world()
    async with asking(SPEC, node := StarknetNode(made)) as ask:
        node.tags = tags
        final = await ask.final()
        assert final.height == made.final == made.head - 2
        with pytest.raises(NotFinal):
            await ask.at(height=made.final + 1)


async def test_a_chain_of_which_l1_has_seen_nothing_has_no_final_block() -> None:
    made = world()
    made.settle = made.head + 1
    async with asking(SPEC, node := StarknetNode(made)) as ask:
        node.tags = False
        with pytest.raises(NotFinal):
            await ask.final()


async def test_state_that_is_gone_is_never_zero() -> None:
    made = world()
    async with asking(SPEC, node := StarknetNode(made)) as ask:
        block = await ask.at(height=3)
        node.oldest = 4
        with pytest.raises(Pruned):
            await ask.read(ABSENT, KEY, block=block)


async def test_another_hash_at_that_height_is_a_reorganisation() -> None:
    async with asking(SPEC, StarknetNode(world())) as ask:
        with pytest.raises(Reorged):
            await ask.read(KEY, block=BlockRef(3, "0x" + "0" * 64))


OWNER, GUARDIAN = 0x72FF9867BA607F204042C328CDE87DDEFE405B830E6515563FBE3CED9342109, 0xBEEF
REVERTED = Refusal(40, {"message": "Contract error", "data": {"revert_error": "argent/no-single-owner"}})
ONE_KEY = [hex(OWNER)]


def signed_by(name: str, *keys: int) -> tuple[Authority, ...]:
    signers = tuple(Weighted(by_key(key.to_bytes(32))) for key in keys)
    return (Authority(ControlKind.WALLET_KEY, len(keys), signers, name),)


async def control(answers: dict[str, Any], *, absent: Refusal | None = None) -> Any:
    """What is made of an account contract that answers these functions, and refuses every other."""
    async with asking(SPEC, node := StarknetNode(world())) as ask:
        node.accounts[int(KEY.address, 16)] = {hex(starknet.selector(name)): said for name, said in answers.items()}
        node.no_entry_point = absent or node.no_entry_point
        (found,) = await ask.control(KEY.address)
        return found


@pytest.mark.parametrize(
    ("answers", "expected"),
    [
        ({"get_public_key": ONE_KEY}, signed_by("get_public_key", OWNER)),
        ({"getPublicKey": ONE_KEY}, signed_by("getPublicKey", OWNER)),
        ({"get_public_key": ONE_KEY, "getPublicKey": ONE_KEY}, signed_by("get_public_key", OWNER)),
        ({"get_owner": ONE_KEY, "get_guardian": ["0x0"]}, signed_by("get_owner", OWNER)),
        ({"get_owner": ONE_KEY, "get_guardian": [hex(GUARDIAN)]}, signed_by("get_owner", OWNER, GUARDIAN)),
        ({"get_owner": ONE_KEY, "get_guardian": ONE_KEY}, signed_by("get_owner", OWNER)),
        ({"getSigner": ONE_KEY, "getGuardian": [hex(GUARDIAN)]}, signed_by("getSigner", OWNER, GUARDIAN)),
        ({"get_signer": ONE_KEY, "get_guardian": ["0x0"]}, signed_by("get_signer", OWNER)),
        (
            {"get_signers": ["0x1", hex(OWNER), "0x0", "0x0"], "get_public_key": ONE_KEY},
            signed_by("get_signers", OWNER),
        ),
    ],
)
@pytest.mark.parametrize("absent", [None, REVERTED], ids=["no entry point", "a node before version 0.8"])
async def test_who_controls_is_what_the_account_contract_names(
    answers: dict[str, Any], expected: tuple[Authority, ...], absent: Refusal | None
) -> None:
    assert await control(answers, absent=absent) == expected


@pytest.mark.parametrize(
    ("answers", "reason"),
    [
        ({}, Reason.UNSUPPORTED),
        ({"get_owner": REVERTED, "get_guardian": ["0x0"]}, Reason.UNSUPPORTED),  # several owners
        ({"get_owner": ONE_KEY, "get_guardian": REVERTED}, Reason.UNSUPPORTED),  # a guardian of another curve
        ({"get_owner": ONE_KEY}, Reason.UNSUPPORTED),
        ({"get_signers": ["0x1", hex(OWNER), "0x1", "0x5", "0x0"], "get_public_key": ONE_KEY}, Reason.UNSUPPORTED),
        ({"get_signers": ["0x1", hex(OWNER), "0x0", "0x1", "0x5"], "get_public_key": ONE_KEY}, Reason.UNSUPPORTED),
        ({"get_signers": ["0x2", hex(OWNER), "0x5", "0x0", "0x0"]}, Reason.UNSUPPORTED),
        ({"get_signers": ["0x0", "0x0", "0x0"]}, Reason.UNSUPPORTED),
        ({"get_signers": ["0x1", "0x0", hex(OWNER)], "get_public_key": ONE_KEY}, Reason.MALFORMED),
        ({"get_signers": ["0x9", hex(OWNER), "0x0", "0x0"]}, Reason.MALFORMED),
        ({"get_signers": ["0x1", hex(OWNER), "0x0", "0x0", "0x0"]}, Reason.MALFORMED),
        ({"get_signers": []}, Reason.MALFORMED),
        ({"get_public_key": ["0x1", "0x2", "0x3", "0x4"]}, Reason.MALFORMED),  # a point of Ethereum's curve
        ({"get_public_key": ["0x0"]}, Reason.MALFORMED),
        ({"get_public_key": [hex(starknet.PRIME)]}, Reason.MALFORMED),
        ({"get_public_key": []}, Reason.MALFORMED),
        ({"get_public_key": "0x1"}, Reason.MALFORMED),
        ({"get_public_key": ONE_KEY, "getPublicKey": ["0x5"]}, Reason.UNSUPPORTED),
        ({"get_public_key": ONE_KEY, "get_owner": ONE_KEY, "get_guardian": ["0x5"]}, Reason.UNSUPPORTED),
        ({"get_public_key": ONE_KEY, "get_owner": Refusal(-32000, {"message": "busy"})}, Reason.REFUSED),
    ],
)
async def test_a_contract_that_names_no_one_key_tells_nothing(answers: dict[str, Any], reason: Reason) -> None:
    async with asking(SPEC, node := StarknetNode(world())) as ask:
        node.accounts[int(KEY.address, 16)] = {hex(starknet.selector(name)): said for name, said in answers.items()}
        node.accounts[int(ABSENT.address, 16)] = {hex(starknet.selector("get_public_key")): ONE_KEY}
        found, beside = await ask.control(KEY.address, ABSENT.address)
        assert isinstance(found, Failure)
        assert found.reason is reason
        assert beside == signed_by("get_public_key", OWNER)


async def test_control_is_asked_at_the_hash_of_the_block_and_where_a_contract_is() -> None:
    made = world()
    async with asking(SPEC, node := StarknetNode(made)) as ask:
        node.accounts[int(KEY.address, 16)] = {hex(starknet.selector("get_public_key")): ONE_KEY}
        block = await ask.at(height=1)
        _, nowhere = await ask.control(KEY.address, ABSENT.address, block=block)
        assert isinstance(nowhere, Failure)
        assert nowhere.reason is Reason.NO_CODE
        asked: Any = [params for method, params in node.calls if method == "starknet_call"]
        assert len(asked) == 2 * len(owners.QUESTIONS)
        assert {params[1]["block_hash"] for params in asked} == {harness_starknet.block_hash(made, 1)}
        assert await ask.control() == []
        node.oldest = 2
        with pytest.raises(Pruned):
            await ask.control(KEY.address, block=block)
        with pytest.raises(Reorged):
            await ask.control(KEY.address, block=BlockRef(1, "0x" + "1" * 64))
