"""Who controls an EVM account in a block: its own key, or the owners that its contract names.

A contract is asked `getOwners` with `getThreshold` (Safe) or `required` (the Gnosis MultiSigWallet before it), and
`podOwner` (EigenPod). What it answers is its own word: that its code obeys these owners is for its source to show.
`owner` is not asked, since the owner of an ordinary contract may have no say over its coins.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from chains.adapter import Call, Json, Rpc
from chains.codec.evm_address import keccak256
from chains.controllers import Authority, ControlKind, Controls, Weighted, by_address
from chains.errors import RpcFault
from chains.evm.balances import check_refusals, pin
from chains.evm.faults import is_execution
from chains.evm.wire import word
from chains.types import Address, BlockRef, Failure, Reason

OWNERS_MAX = 256
_DELEGATION = re.compile(r"0xef0100([0-9a-f]{40})")  # EIP-7702
_CODE = re.compile(r"0x(?:[0-9a-fA-F]{2})*")
_WORD = 64
_ZERO = Address("0x" + "0" * 40)


def _selector(name: str) -> str:
    return "0x" + keccak256(f"{name}()".encode())[:4].hex()


QUESTIONS = tuple(map(_selector, ("getOwners", "getThreshold", "required", "podOwner")))


class Said(NamedTuple):
    """What a contract answered, in the order of ``QUESTIONS``."""

    owners: Json | RpcFault
    threshold: Json | RpcFault
    required: Json | RpcFault
    pod_owner: Json | RpcFault


async def read(rpc: Rpc, block: BlockRef, addresses: Sequence[Address]) -> Controls:
    """See `Controlling`. Two batches: the code of every address, then the questions to those that have any."""
    at = pin(block)
    codes = await rpc.batch([("eth_getCode", (address, at)) for address in addresses]) if addresses else []
    await check_refusals(rpc, block, codes, may_all_fail=False)
    found: list[Authority | Failure | None] = [
        _by_code(address, code) for address, code in zip(addresses, codes, strict=True)
    ]
    contracts = [index for index, each in enumerate(found) if each is None]
    calls: list[Call] = [
        ("eth_call", ({"to": addresses[index], "data": question}, at)) for index in contracts for question in QUESTIONS
    ]
    answers = await rpc.batch(calls) if calls else []
    await check_refusals(rpc, block, answers, may_all_fail=False)
    for number, index in enumerate(contracts):
        said = Said(*answers[number * len(QUESTIONS) : (number + 1) * len(QUESTIONS)])
        found[index] = of_contract(said)
    authorities = [(each,) if isinstance(each, Authority) else () for each in found]
    failures = {index: each for index, each in enumerate(found) if isinstance(each, Failure)}
    return Controls(block, authorities, failures)


def _by_code(address: Address, code: Json | RpcFault) -> Authority | Failure | None:
    """The answer of an account without code of its own; None for a contract, which is to be asked."""
    if isinstance(code, RpcFault):
        return Failure(Reason.REFUSED, f"its code: {code}"[:200])
    if not isinstance(code, str) or not _CODE.fullmatch(code):
        return Failure(Reason.MALFORMED, "its code is not hexadecimal data")
    alone = (Weighted(by_address(address)),)
    if code == "0x":
        return Authority(ControlKind.OWN_KEY, 1, alone)
    if delegated := _DELEGATION.fullmatch(code.lower()):
        return Authority(ControlKind.DELEGATED, 1, alone, name=f"0x{delegated[1]}")
    return None


def of_contract(said: Said) -> Authority | Failure:
    """The authority that a contract's answers name. Pure."""
    for answer in said:
        if isinstance(answer, RpcFault) and not is_execution(answer):
            return Failure(Reason.REFUSED, str(answer)[:200])
    owners = addresses_of(said.owners)
    if owners is not None:
        for asked, answer in (("getThreshold", said.threshold), ("required", said.required)):
            threshold = _number(answer)
            if threshold is not None:
                return _multisig(owners, threshold, asked)
        return Failure(Reason.UNSUPPORTED, "a contract that names owners, but no threshold")
    pod = _number(said.pod_owner)
    if pod and pod < 2**160:
        return Authority(ControlKind.OWNER, 1, (Weighted(by_address(Address(f"0x{pod:040x}"))),), name="podOwner")
    return Failure(Reason.UNSUPPORTED, "a contract that names no owners (getOwners, podOwner)")


def addresses_of(answer: Json | RpcFault) -> tuple[Address, ...] | None:
    """An ABI-encoded ``address[]``, in its one canonical encoding; None for anything else."""
    if not isinstance(answer, str) or not _CODE.fullmatch(answer):
        return None
    words = [int(answer[at : at + _WORD], 16) for at in range(2, len(answer) - _WORD + 1, _WORD)]
    if len(answer) != 2 + _WORD * len(words) or len(words) < 3 or words[0] != 32 or words[1] != len(words) - 2:
        return None
    if words[1] > OWNERS_MAX or any(each >= 2**160 for each in words[2:]):
        return None
    return tuple(Address(f"0x{each:040x}") for each in words[2:])


def _multisig(owners: tuple[Address, ...], threshold: int, asked: str) -> Authority | Failure:
    if not 1 <= threshold <= len(owners) or len(set(owners)) != len(owners) or _ZERO in owners:
        return Failure(Reason.MALFORMED, f"a contract that names {len(owners)} owners and asks for {threshold}")
    signers = tuple(Weighted(by_address(owner)) for owner in owners)
    return Authority(ControlKind.MULTISIG, threshold, signers, name=asked)


def _number(answer: Json | RpcFault) -> int | None:
    if isinstance(answer, str) and len(answer) != 2 + _WORD:  # a fallback that answers everything with something
        return None
    number = None if isinstance(answer, RpcFault) else word(answer)
    return number if isinstance(number, int) else None
