"""Balances proven and lies caught: against a model provider whose every byte can be bent."""

from __future__ import annotations

import copy
import random
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import msgspec
import pytest

from chains.adapter import Json
from chains.errors import Pruned, Reorged, RpcFault, TooLarge
from chains.evm.proof.errors import ProofError
from chains.evm.proof.evidence import verify_stored
from chains.evm.proof.prove import SLOTS_MAX, prove_balances
from chains.evm.proof.slots import Layout, SlotRule
from chains.proofs import Contradiction, Doubted, NotProvable, Proofs, ProvenBalance
from chains.types import Address, BalanceKey, BlockRef, Instrument
from tests.chains.proof.model import Holding, ModelNode

NATIVE = Instrument("slip44:60")
TOKEN, HOLLOW = Address("0x" + "70" * 20), Address("0x" + "71" * 20)
ERC20, EMPTY, OTHER = (Instrument(f"erc20:{a}") for a in (TOKEN, HOLLOW, "0x" + "72" * 20))
RULE = SlotRule(TOKEN, TOKEN, Layout.SOLIDITY, 9, 0, 255, 7)
RULES = {ERC20: RULE, EMPTY: SlotRule(HOLLOW, HOLLOW, Layout.SOLIDITY, 0, 0, 256, 7)}
HOLDERS = [Address(f"0x{n:040x}") for n in range(1, 60)]
ABSENT = Address("0x" + "ee" * 20)
COINS = {holder: 10**18 + n for n, holder in enumerate(HOLDERS)} | {HOLDERS[0]: 2**256 - 1, HOLDERS[1]: 0}
TOKENS = {holder: 10**6 * n for n, holder in enumerate(HOLDERS)}
KEYS = [BalanceKey(holder, instrument) for holder in [*HOLDERS, ABSENT] for instrument in (NATIVE, ERC20)]
TRUTH = {key: (COINS if key.instrument == NATIVE else TOKENS).get(key.address, 0) for key in KEYS}


def state(coins: Mapping[Address, int] = COINS, tokens: Mapping[Address, int] = TOKENS) -> dict[Address, Holding]:
    words = {RULE.slot(holder): amount | 1 << 255 for holder, amount in tokens.items()}  # the blacklist's bit is set
    holdings = {holder: Holding(nonce=1, wei=wei) for holder, wei in coins.items()}
    return holdings | {TOKEN: Holding(code=b"token", storage=words), HOLLOW: Holding(nonce=1)}


async def prove(node: ModelNode, block: BlockRef | None = None, keys: Sequence[BalanceKey] = KEYS) -> Proofs:
    return await prove_balances(node, block or node.block, keys, RULES, native=NATIVE, confirmed=True)


def proven(proofs: Proofs) -> dict[BalanceKey, int]:
    return {outcome.key: outcome.amount for outcome in proofs.outcomes if isinstance(outcome, ProvenBalance)}


@pytest.mark.parametrize("avalanche", [False, True])
async def test_every_balance_is_proven_and_proves_itself_again(*, avalanche: bool) -> None:
    node = ModelNode(state(), avalanche=avalanche)
    proofs = await prove(node)
    assert [outcome.key for outcome in proofs.outcomes] == KEYS
    assert proven(proofs) == TRUTH
    assert proofs.evidence is not None
    again = verify_stored(proofs.evidence, node.block.hash)
    assert (again.height, again.balances, list(again.rules)) == (node.block.height, TRUTH, [RULE])
    asked = [params for method, params in node.calls if method == "eth_getProof"]
    assert len(asked) == 1 + len(HOLDERS) + 1, "one call an account, and one for all slots"


async def test_a_state_of_nothing_at_all() -> None:
    proofs = await prove(ModelNode({}), keys=[BalanceKey(ABSENT, NATIVE), BalanceKey(ABSENT, ERC20)])
    assert proofs.outcomes[0] == ProvenBalance(BalanceKey(ABSENT, NATIVE), 0)
    assert isinstance(proofs.outcomes[1], NotProvable), "no contract, so no balance: not zero"


async def test_what_cannot_be_proven_says_why() -> None:
    node = ModelNode(state())
    keys = [BalanceKey(ABSENT, EMPTY), BalanceKey(ABSENT, OTHER), KEYS[0], KEYS[0]]
    hollow, unknown, *twice = (await prove(node, keys=keys)).outcomes
    assert hollow == NotProvable(keys[0], f"proven: {HOLLOW} is no contract in this block")
    assert unknown == NotProvable(keys[1], "no confirmed slot rule for this token")
    assert twice == [ProvenBalance(KEYS[0], TRUTH[KEYS[0]])] * 2


@pytest.mark.parametrize("liar_about", [NATIVE, ERC20])
async def test_a_liar_with_a_consistent_state_and_header_of_its_own_is_caught(liar_about: Instrument) -> None:
    """Off by one wei on one row, and every proof of it perfect: only the pinned hash tells."""
    honest, victim = ModelNode(state()), HOLDERS[5]
    coins = {**COINS, victim: COINS[victim] + (liar_about == NATIVE)}
    tokens = {**TOKENS, victim: TOKENS[victim] + (liar_about == ERC20)}
    liar = ModelNode(state(coins, tokens))
    believed = await prove(liar, BlockRef(honest.block.height, liar.block.hash))
    assert proven(believed)[BalanceKey(victim, liar_about)] == TRUTH[BalanceKey(victim, liar_about)] + 1
    caught = await prove(liar, honest.block)
    assert [type(outcome) for outcome in caught.outcomes] == [Contradiction] * len(KEYS)
    assert caught.evidence is None
    liar.header["hash"] = honest.block.hash  # saying the right hash does not make it so
    assert not proven(await prove(liar, honest.block))


async def test_a_liar_under_the_true_header_is_caught() -> None:
    honest = ModelNode(state())
    liar = ModelNode(state({**COINS, HOLDERS[5]: 1}))
    liar.header = honest.header
    caught = await prove(liar, honest.block)
    assert not proven(caught)
    assert all(isinstance(outcome, Contradiction) for outcome in caught.outcomes)


async def test_where_the_network_is_not_known_well_nothing_accuses_and_nothing_false_is_proven() -> None:
    honest = ModelNode(state())
    liar = ModelNode(state({**COINS, HOLDERS[5]: 1}))
    for header in (liar.header, honest.header):
        liar.header = header
        found = await prove_balances(liar, honest.block, KEYS, RULES, native=NATIVE, confirmed=False)
        assert all(isinstance(outcome, Doubted) for outcome in found.outcomes)
    node = ModelNode(state())
    assert proven(await prove_balances(node, node.block, KEYS, RULES, native=NATIVE, confirmed=False)) == TRUTH


async def test_a_header_with_a_field_nobody_knows_is_doubted_everywhere() -> None:
    node = ModelNode(state())
    node.header["milliGas"] = "0x1"
    assert proven(await prove(node)) == TRUTH, "it is not part of the hash"
    node.header["gasUsed"] = "0x7"
    assert all(isinstance(outcome, Doubted) for outcome in (await prove(node)).outcomes)


async def test_a_header_with_a_field_left_out_proves_nothing_and_accuses_nobody() -> None:
    node = ModelNode(state())
    del node.header["gasUsed"]
    assert all(isinstance(outcome, NotProvable) for outcome in (await prove(node)).outcomes)


class Bent(ModelNode):
    """Honest but for what ``bend`` does to each answer about a proof."""

    bend: Callable[[dict[str, Any], Sequence[object]], Json | RpcFault]

    def answer(self, method: str, params: Sequence[object]) -> Json | RpcFault:
        answer = super().answer(method, params)
        if method != "eth_getProof":
            return answer
        assert isinstance(answer, dict)
        return self.bend(copy.deepcopy(answer), params)


def bent(bend: Callable[[dict[str, Any], Sequence[object]], Json | RpcFault]) -> Bent:
    node = Bent(state())
    node.bend = bend
    return node


@pytest.mark.parametrize("where", ["balance", "value"])
async def test_a_proof_that_contradicts_the_answer_it_came_with(where: str) -> None:
    def off_by_one(answer: dict[str, Any], _: Sequence[object]) -> Json:
        for part in (answer, *answer["storageProof"]):
            if where in part:
                part[where] = hex((int(part[where], 16) + 1) % 2**256)
        return answer

    proofs = await prove(bent(off_by_one))
    lied_about = NATIVE if where == "balance" else ERC20
    assert proven(proofs) == {key: amount for key, amount in TRUTH.items() if key.instrument != lied_about}
    details = {outcome.detail for outcome in proofs.outcomes if isinstance(outcome, Contradiction)}
    assert all("its own proof says" in detail for detail in details)


NONSENSE: list[Json] = [None, 7, "0x", [], {}, [None], ["0x"], ["0xzz"], ["0x" + "00" * 1025], ["0x80"] * 131]


@pytest.mark.parametrize("nonsense", NONSENSE, ids=range(len(NONSENSE)))
@pytest.mark.parametrize("where", ["all", "accountProof", "storageProof", "proof", "balance", "value"])
async def test_nonsense_is_a_contradiction_and_spoils_no_neighbour(where: str, nonsense: Json) -> None:
    def bend(answer: dict[str, Any], _: Sequence[object]) -> Json:
        if where == "all":
            return nonsense
        for part in (answer, *answer["storageProof"][:1]):
            if where in part:
                part[where] = nonsense
        return answer

    proofs = await prove(bent(bend))
    bad = [outcome for outcome in proofs.outcomes if not isinstance(outcome, ProvenBalance)]
    assert all(isinstance(outcome, Contradiction) for outcome in bad)
    slots, coins = len(HOLDERS) + 1, len(HOLDERS) + 1
    expected = {"storageProof": slots, "proof": 1, "value": 1, "balance": coins}
    assert len(bad) == expected.get(where, slots + coins)
    assert proofs.evidence is not None
    assert verify_stored(proofs.evidence, ModelNode(state()).block.hash).balances == proven(proofs)
    assert proven(proofs).items() <= TRUTH.items()


async def test_a_provider_without_proofs() -> None:
    node = bent(lambda *_: RpcFault(-32601, "the method eth_getProof does not exist"))
    proofs = await prove(node)
    assert all(isinstance(outcome, NotProvable) for outcome in proofs.outcomes)
    assert sum(method == "eth_getProof" for method, _ in node.calls) == len(HOLDERS) + 2, "not asked for less"


@pytest.mark.parametrize("instrument", [NATIVE, ERC20])
async def test_a_state_that_is_gone(instrument: Instrument) -> None:
    node = bent(lambda *_: RpcFault(-32000, "missing trie node 12ab"))
    keys = [key for key in KEYS if key.instrument == instrument]
    with pytest.raises(Pruned):
        await prove(node, keys=keys)
    node.header |= {"hash": "0x" + "99" * 32}
    with pytest.raises(Reorged):
        await prove(node, keys=keys, block=ModelNode(state()).block)


async def test_a_block_that_is_gone() -> None:
    class Forgetful(ModelNode):
        def answer(self, method: str, params: Sequence[object]) -> Json | RpcFault:
            return None if method == "eth_getBlockByHash" else super().answer(method, params)

    with pytest.raises(Pruned):
        await prove(Forgetful(state()))
    with pytest.raises(Reorged):
        await prove(Forgetful(state()), BlockRef(1_234, "0x" + "99" * 32))


@pytest.mark.parametrize("refusal", [RpcFault(-32602, "too many slots"), TooLarge("an answer of more than 9 bytes")])
async def test_too_many_slots_are_asked_for_in_halves(refusal: RpcFault | TooLarge) -> None:
    def bend(answer: dict[str, Any], params: Sequence[object]) -> Json:
        slots = params[1]
        assert isinstance(slots, list)
        if len(slots) > 7:
            raise refusal
        return answer

    assert proven(await prove(bent(bend))) == TRUTH

    def never(answer: dict[str, Any], params: Sequence[object]) -> Json:
        if params[1]:
            raise refusal
        return answer

    proofs = await prove(bent(never))
    assert proven(proofs) == {key: amount for key, amount in TRUTH.items() if key.instrument == NATIVE}
    assert sum(isinstance(outcome, NotProvable) for outcome in proofs.outcomes) == len(HOLDERS) + 1


async def test_no_call_asks_for_more_slots_than_a_node_gives() -> None:
    node = ModelNode(state())
    keys = [BalanceKey(Address(f"0x{n:040x}"), ERC20) for n in range(SLOTS_MAX + 1)]
    assert len(proven(await prove(node, keys=keys))) == len(keys)
    sizes = [len(p[1]) for method, p in node.calls if method == "eth_getProof" and isinstance(p[1], list)]
    assert sizes == [SLOTS_MAX, 1]


async def test_damaged_evidence_is_refused() -> None:
    node = ModelNode(state())
    evidence = (await prove(node)).evidence
    assert evidence is not None
    rng = random.Random(3)
    for _ in range(3_000):
        damaged = bytearray(evidence)
        damaged[rng.randrange(len(damaged))] ^= 1 << rng.randrange(8)
        try:
            read = verify_stored(bytes(damaged), node.block.hash)
        except ProofError:
            continue
        # What is not hashed by the chain is our own: which rule, which name of the coin. No amount may change.
        assert set(read.balances.values()) <= set(TRUTH.values())
        assert read.balances.keys() != TRUTH.keys() or list(read.rules) != [RULE] or read.balances == TRUTH
    for cut in range(0, len(evidence), 97):
        with pytest.raises(ProofError):
            verify_stored(evidence[:cut], node.block.hash)
    with pytest.raises(ProofError):
        verify_stored(evidence, "0x" + "11" * 32)


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (lambda e: e.__setitem__(0, 2), "version 2"),
        (lambda e: e[3].append(b"more"), "prove nothing"),
        (lambda e: e[4].append(e[4][0]), "twice"),
        (lambda e: e[4][0].__setitem__(1, [10**9]), "lacks"),
        (lambda e: e[4][0].__setitem__(1, [-1]), "lacks"),
        (lambda e: e[4][0].__setitem__(0, b"\1"), "not 20 bytes"),
        (lambda e: e[5][0].__setitem__(0, "free money"), "not evidence"),
        (lambda e: e[5][0].__setitem__(0, str(RULES[EMPTY])), "a node|lacks|unused|does not use"),
        (lambda e: e.append(1), "not evidence"),
    ],
)
async def test_altered_evidence_is_refused(change: Callable[[Any], object], why: str) -> None:
    node = ModelNode(state())
    evidence = (await prove(node)).evidence
    assert evidence is not None
    parts = msgspec.msgpack.decode(evidence)
    change(parts)
    with pytest.raises(ProofError, match=why):
        verify_stored(msgspec.msgpack.encode(parts), node.block.hash)
