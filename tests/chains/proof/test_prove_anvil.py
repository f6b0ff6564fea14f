"""Proofs of a real node agree with what the node says of the same, randomised state."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chains import registry
from chains.evm.blocks import at_height
from chains.evm.proof.discover import discover
from chains.evm.proof.evidence import verify_stored
from chains.evm.proof.prove import prove_balances
from chains.evm.proof.slots import SlotRule
from chains.proofs import ProvenBalance
from chains.types import Address, BalanceKey, Instrument
from scripts.engines import EngineMissing, anvil
from tests.chains.harness_evm import NATIVE, chain
from tests.chains.proof import tokens

CODES = [tokens.solidity(3), tokens.vyper(1), tokens.packed(9, shift=0, width=255), tokens.solady()]
TOKENS = [Address(f"0x70{index:038x}") for index in range(len(CODES))]
AMOUNTS = st.one_of(st.just(0), st.integers(1, 300), st.integers(0, 2**255 - 1))
HOLDERS = st.integers(1, 2**64).map(lambda number: Address(f"0xaa{number:038x}"))


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def scene() -> AsyncIterator[tuple[anvil.Anvil, dict[Instrument, SlotRule]]]:
    try:
        async with anvil.Anvil(chain_id=77) as node:
            for token, code in zip(TOKENS, CODES, strict=True):
                await node.set_code(token, code)
            await node.mine(1)
            block = await at_height(node.rpc, 1)
            found = [await discover(node.rpc, block, token) for token in TOKENS]
            rules = {Instrument(f"erc20:{rule.token}"): rule for rule in found if isinstance(rule, SlotRule)}
            yield node, rules
    except EngineMissing as missing:
        pytest.skip(str(missing))


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    coins=st.dictionaries(HOLDERS, AMOUNTS, max_size=8),
    held=st.dictionaries(st.tuples(st.sampled_from(TOKENS), HOLDERS), AMOUNTS, max_size=24),
    strangers=st.lists(HOLDERS, max_size=3),
)
async def test_proof_and_node_agree(
    scene: tuple[anvil.Anvil, dict[Instrument, SlotRule]],
    coins: dict[Address, int],
    held: dict[tuple[Address, Address], int],
    strangers: list[Address],
) -> None:
    node, rules = scene
    assert len(rules) == len(TOKENS)
    tip = int(str(await node.rpc.call("eth_blockNumber")), 16)
    await node.set_balances(coins)
    for (token, holder), amount in held.items():
        key = "0x" + rules[Instrument(f"erc20:{token}")].slot(holder).hex()
        await node.rpc.call("anvil_setStorageAt", (token, key, f"0x{amount:064x}"))
    await node.mine(1)
    block = await at_height(node.rpc, tip + 1)

    keys = [BalanceKey(holder, NATIVE) for holder in (*coins, *strangers)]
    keys += [BalanceKey(holder, Instrument(f"erc20:{token}")) for token, holder in held]
    keys += [BalanceKey(holder, instrument) for holder in strangers for instrument in rules]
    said = await registry.adapter(chain(77)).balances(node.rpc, block, keys)
    proofs = await prove_balances(node.rpc, block, keys, rules, native=NATIVE, confirmed=True)
    expected = [
        ProvenBalance(key, amount) for key, amount in zip(keys, said.amounts, strict=True) if amount is not None
    ]
    assert proofs.outcomes == expected
    assert proofs.evidence is not None
    assert verify_stored(proofs.evidence, block.hash).balances == {o.key: o.amount for o in expected}
