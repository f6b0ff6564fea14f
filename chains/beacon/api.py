"""What a beacon node is asked, and what of its answers is used.

Source: https://ethereum.github.io/beacon-APIs (genesis, blinded_blocks, state root, validators, pending_deposits).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Annotated

import msgspec

from chains.adapter import Rpc
from chains.answers import digits, shape
from chains.errors import Malformed, Pruned, RpcFault

IDS_MAX = 1_000
"""Validators of one POST: the specification sets no limit, and a body of 100 kB passes everywhere."""
ABSENT = 404
_SLOTS_TOGETHER_MAX = 256  # slots in a row without a block, before it is the node that lacks them

Root = Annotated[str, msgspec.Meta(pattern="^0x[0-9a-f]{64}$")]


class _Genesis(msgspec.Struct, frozen=True):
    genesis_validators_root: Root


class _GenesisOf(msgspec.Struct, frozen=True):
    data: _Genesis


class Payload(msgspec.Struct, frozen=True):
    block_number: str
    timestamp: str


class Body(msgspec.Struct, frozen=True):
    execution_payload_header: Payload


class Block(msgspec.Struct, frozen=True):
    slot: str
    state_root: Root
    body: Body


class _SignedBlock(msgspec.Struct, frozen=True):
    message: Block


class _BlockOf(msgspec.Struct, frozen=True):
    data: _SignedBlock


class _StateRoot(msgspec.Struct, frozen=True):
    root: Root


class _RootOf(msgspec.Struct, frozen=True):
    data: _StateRoot


class Keyed(msgspec.Struct, frozen=True):
    pubkey: str
    withdrawal_credentials: Root


class Validator(msgspec.Struct, frozen=True):
    balance: str
    validator: Keyed


class _Validators(msgspec.Struct, frozen=True):
    data: list[Validator]


class _Deposit(msgspec.Struct, frozen=True):
    pubkey: str
    amount: str


class _Deposits(msgspec.Struct, frozen=True):
    data: list[_Deposit]


async def genesis_root(rpc: Rpc) -> str:
    return shape(_GenesisOf, await rpc.call("GET eth/v1/beacon/genesis"), "genesis").data.genesis_validators_root


async def block(rpc: Rpc, name: str) -> Block:
    """Without the transactions of its execution block. Raises RpcFault ABSENT for a slot without a block."""
    return shape(_BlockOf, await rpc.call(f"GET eth/v1/beacon/blinded_blocks/{name}"), "block").data.message


async def at_or_before(rpc: Rpc, slot: int) -> Block:
    """The newest block up to a slot. Raises Pruned."""
    for candidate in range(slot, max(-1, slot - _SLOTS_TOGETHER_MAX), -1):
        try:
            return await block(rpc, str(candidate))
        except RpcFault as fault:
            if fault.code != ABSENT:
                raise
    raise Pruned(ABSENT, f"the node has no block in {_SLOTS_TOGETHER_MAX} slots up to {slot}")


def state_path(slot: int) -> str:
    return f"eth/v1/beacon/states/{slot}"


async def state_root(rpc: Rpc, slot: int) -> str:
    """Raises Pruned where the node has no state of that slot."""
    try:
        return shape(_RootOf, await rpc.call(f"GET {state_path(slot)}/root"), "root").data.root
    except RpcFault as fault:
        if fault.code == ABSENT:
            raise Pruned(fault.code, fault.message, fault.data) from None
        raise


async def validators(rpc: Rpc, slot: int, wanted: Sequence[str]) -> dict[str, Validator]:
    """Those of the wanted keys that the state knows; a node leaves out the others without a word."""
    parts = [list(wanted[start : start + IDS_MAX]) for start in range(0, len(wanted), IDS_MAX)]
    answers = await rpc.batch([(f"POST {state_path(slot)}/validators", {"ids": part}) for part in parts])
    found: dict[str, Validator] = {}
    for part, answer in zip(parts, answers, strict=True):
        if isinstance(answer, RpcFault):
            raise answer
        asked = set(part)
        for each in shape(_Validators, answer, "validators").data:
            if each.validator.pubkey in found or each.validator.pubkey not in asked:
                raise Malformed("validators: one that was not asked for, or one twice")
            found[each.validator.pubkey] = each
    return found


def is_unknown(fault: RpcFault) -> bool:
    """Whether a refusal says that there is no such validator; the same status is for a state the node lacks."""
    said = fault.message.lower()
    return fault.code == ABSENT and "validator" in said and "state" not in said


async def deposits(rpc: Rpc, slot: int) -> Counter[str]:
    """Gwei that are deposited for a key and not yet credited: the whole queue, so a key that is not in it has none."""
    waiting: Counter[str] = Counter()
    for deposit in shape(
        _Deposits, await rpc.call(f"GET {state_path(slot)}/pending_deposits"), "pending_deposits"
    ).data:
        waiting[deposit.pubkey] += digits(deposit.amount, "amount")
    return waiting
