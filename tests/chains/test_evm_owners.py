"""Who controls an EVM account: every form of code and answer, refusals about the block, and a real Safe."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pytest

from chains import registry
from chains.adapter import Controlling, Json
from chains.controllers import Authority, ControlKind, Weighted, by_address
from chains.errors import Pruned, Reorged, RpcFault
from chains.evm import owners
from chains.types import Address, BlockRef, Reason
from scripts.engines import EngineMissing, safe
from scripts.engines.anvil import BLOCKS_TO_FINAL, Anvil
from tests.chains.harness_evm import HARNESS, address, chain
from tests.chains.scripted import ScriptedRpc

BLOCK = BlockRef(100, f"0x{100:064x}")
PIN = {"blockHash": BLOCK.hash, "requireCanonical": True}
HEADER: dict[str, Json] = {"number": hex(100), "hash": BLOCK.hash, "timestamp": "0x1"}
CONTRACT, ALICE, BOB, CAROL = address(0x5AFE), address(0xA11CE), address(0xB0B), address(0xCA401)
REVERTED = RpcFault(3, "execution reverted")
GET_OWNERS, GET_THRESHOLD, REQUIRED, POD_OWNER = owners.QUESTIONS
Answers = Mapping[str, "Json | RpcFault"]


def words(*numbers: int) -> str:
    return "0x" + "".join(f"{number:064x}" for number in numbers)


def owned_by(*holders: Address) -> str:
    return words(32, len(holders), *(int(holder, 16) for holder in holders))


def node(code: Json | RpcFault, answers: Answers = {}, *, header: Json = HEADER) -> ScriptedRpc:  # noqa: B006
    def script(method: str, params: Sequence[object]) -> Json | RpcFault:
        if method == "eth_getBlockByNumber":
            return header
        assert params[1] == PIN, "every question is pinned by hash"
        if method == "eth_getCode":
            return code if params[0] == CONTRACT else "0x"
        assert method == "eth_call"
        assert isinstance(params[0], dict)
        assert params[0]["to"] == CONTRACT
        return answers.get(str(params[0]["data"]), REVERTED)

    return ScriptedRpc(script)


async def said(rpc: ScriptedRpc) -> Authority | Reason:
    """Of the contract, between two neighbours that must not suffer from it."""
    found = await owners.read(rpc, BLOCK, [ALICE, CONTRACT, BOB])
    for index, holder in ((0, ALICE), (2, BOB)):
        assert found.authorities[index] == (Authority(ControlKind.OWN_KEY, 1, (Weighted(by_address(holder)),)),)
    return found.failures[1].reason if 1 in found.failures else found.authorities[1][0]


def multisig(threshold: int, *holders: Address, name: str = "getThreshold") -> Authority:
    signers = tuple(Weighted(by_address(holder)) for holder in holders)
    return Authority(ControlKind.MULTISIG, threshold, signers, name=name)


def test_the_selectors_are_those_of_the_contracts() -> None:
    assert owners.QUESTIONS[:3] == ("0xa0e67e2b", "0xe75235b8", "0xdc8452cd")
    assert isinstance(registry.adapter(HARNESS.spec), Controlling)


async def test_an_account_without_code_has_its_own_key() -> None:
    assert await said(node("0x")) == Authority(ControlKind.OWN_KEY, 1, (Weighted(by_address(CONTRACT)),))


async def test_delegated_code_is_named_beside_the_key() -> None:
    found = await said(node("0xef0100" + CAROL[2:]))
    assert found == Authority(ControlKind.DELEGATED, 1, (Weighted(by_address(CONTRACT)),), name=CAROL)


async def test_a_safe_and_an_older_multisig() -> None:
    named = owned_by(ALICE, BOB, CAROL)
    new = await said(node("0x60", {GET_OWNERS: named, GET_THRESHOLD: words(2)}))
    assert new == multisig(2, ALICE, BOB, CAROL)
    old = await said(node("0x60", {GET_OWNERS: named, REQUIRED: words(3)}))
    assert old == multisig(3, ALICE, BOB, CAROL, name="required")


async def test_an_eigen_pod_obeys_its_owner() -> None:
    found = await said(node("0x60", {POD_OWNER: words(int(ALICE, 16))}))
    assert found == Authority(ControlKind.OWNER, 1, (Weighted(by_address(ALICE)),), name="podOwner")


@pytest.mark.parametrize(
    ("code", "answers", "reason"),
    [
        (None, {}, Reason.MALFORMED),
        ("0x6", {}, Reason.MALFORMED),
        (RpcFault(-32603, "busy"), {}, Reason.REFUSED),
        ("0x60", {}, Reason.UNSUPPORTED),
        ("0xef0100" + "11" * 19, {}, Reason.UNSUPPORTED),
        ("0x60", {GET_OWNERS: owned_by(ALICE)}, Reason.UNSUPPORTED),
        ("0x60", {GET_OWNERS: owned_by(ALICE), GET_THRESHOLD: words(0)}, Reason.MALFORMED),
        ("0x60", {GET_OWNERS: owned_by(ALICE), GET_THRESHOLD: words(2)}, Reason.MALFORMED),
        ("0x60", {GET_OWNERS: owned_by(ALICE, ALICE), GET_THRESHOLD: words(2)}, Reason.MALFORMED),
        ("0x60", {GET_OWNERS: owned_by(ALICE, address(0)), GET_THRESHOLD: words(1)}, Reason.MALFORMED),
        ("0x60", {GET_OWNERS: owned_by(), GET_THRESHOLD: words(1)}, Reason.UNSUPPORTED),
        ("0x60", {GET_OWNERS: words(32, 2, 1), GET_THRESHOLD: words(1)}, Reason.UNSUPPORTED),
        ("0x60", {GET_OWNERS: words(64, 1, 1), GET_THRESHOLD: words(1)}, Reason.UNSUPPORTED),
        ("0x60", {GET_OWNERS: words(32, 1, 2**160), GET_THRESHOLD: words(1)}, Reason.UNSUPPORTED),
        ("0x60", {GET_OWNERS: owned_by(ALICE) + "00", GET_THRESHOLD: words(1)}, Reason.UNSUPPORTED),
        ("0x60", dict.fromkeys(owners.QUESTIONS, "0x"), Reason.UNSUPPORTED),
        ("0x60", dict.fromkeys(owners.QUESTIONS, words(0)), Reason.UNSUPPORTED),
        ("0x60", dict.fromkeys(owners.QUESTIONS, words(2**160)), Reason.UNSUPPORTED),
        ("0x60", {GET_OWNERS: owned_by(ALICE), GET_THRESHOLD: RpcFault(-32000, "rate limit")}, Reason.REFUSED),
    ],
)
async def test_what_names_nobody_is_a_reason(code: Json | RpcFault, answers: Answers, reason: Reason) -> None:
    assert await said(node(code, answers)) is reason


async def test_a_refusal_about_the_block_is_no_answer_about_the_account() -> None:
    with pytest.raises(Pruned):
        await said(node(RpcFault(-32000, "missing trie node")))
    other: dict[str, Json] = HEADER | {"hash": "0x" + "22" * 32}
    with pytest.raises(Reorged):
        await said(node(RpcFault(-32001, "block not found"), header=other))


async def test_nothing_is_asked_for_nobody() -> None:
    rpc = node("0x")
    assert (await owners.read(rpc, BLOCK, [])).authorities == []
    assert not rpc.calls


async def test_a_real_safe_at_its_block_and_before_its_owners_changed() -> None:
    try:
        async with Anvil(chain_id=4242) as running:
            await safe.place(running, CONTRACT)
            await running.mine()
            adapter = registry.adapter(chain(4242))
            assert isinstance(adapter, Controlling)
            before = await adapter.final_block(running.rpc)
            await safe.set_up(running, CONTRACT, owners=[ALICE, BOB, CAROL], threshold=2)
            await running.mine(BLOCKS_TO_FINAL + 1)
            after = await adapter.final_block(running.rpc)
            now = await adapter.controllers(running.rpc, after, [CONTRACT, ALICE])
            assert now.authorities[0] == (multisig(2, ALICE, BOB, CAROL),)
            assert now.authorities[1][0].kind is ControlKind.OWN_KEY
            assert 0 in (await adapter.controllers(running.rpc, before, [CONTRACT])).failures
    except EngineMissing as missing:
        pytest.skip(str(missing))
