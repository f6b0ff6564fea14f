"""Which keys an account contract names, in a block. Pure but for ``read``.

An account is a contract of its owner's choice. Three kinds say who signs for them: OpenZeppelin's (one key), Argent's
(an owner, and a guardian without whom the owner does nothing at once), Braavos' (keys of several curves; one of the
STARK curve decides only where it is the only one). What a contract says is its own word, and its code may do otherwise.
Interfaces: https://github.com/OpenZeppelin/cairo-contracts (account/interface.cairo),
argentlabs/argent-contracts-starknet (account/interface.cairo; ArgentAccount.cairo before Cairo 1),
myBraavos/braavos-account-cairo (signers/interface.cairo).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypeAlias

from chains.adapter import Json, Rpc
from chains.answers import DETAIL_MAX, authority, controls, shape
from chains.codec import starknet
from chains.controllers import Authority, ControlKind, Controls, Weighted, by_key
from chains.errors import Malformed, Pruned, RpcFault
from chains.starknet.wire import CONTRACT_ERROR, NO_BLOCK, NO_CONTRACT, NO_ENTRY_POINT, Felt, view
from chains.types import Address, BlockRef, Failure, Reason

SIGNERS = "get_signers"
GUARDED = {"get_owner": "get_guardian", "getSigner": "getGuardian", "get_signer": "get_guardian"}
PLAIN = ("get_public_key", "getPublicKey")
QUESTIONS = tuple(dict.fromkeys((SIGNERS, *GUARDED, *GUARDED.values(), *PLAIN)))

Said: TypeAlias = Mapping[str, "Json | RpcFault"]
Found: TypeAlias = "tuple[Authority, ...] | Failure | RpcFault"


async def read(rpc: Rpc, block: BlockRef, addresses: Sequence[Address]) -> Controls:
    """See `Controlling`. One batch: every question to every address."""
    calls = [view(address, question, [], block) for address in addresses for question in QUESTIONS]
    answers = await rpc.batch(calls) if calls else []
    size = len(QUESTIONS)
    parts = [answers[at : at + size] for at in range(0, len(answers), size)]
    return controls(block, [of_account(dict(zip(QUESTIONS, part, strict=True))) for part in parts])


def of_account(said: Said) -> Found:
    """Every kind of account that the answers fit must name the same keys."""
    for answer in said.values():
        if isinstance(answer, RpcFault) and answer.code == NO_BLOCK:
            return Pruned(answer.code, "the node has not the state of this block")
        if isinstance(answer, RpcFault) and answer.code == NO_CONTRACT:
            return Failure(Reason.NO_CODE, "no account contract is deployed there")
        if isinstance(answer, RpcFault) and answer.code not in (NO_ENTRY_POINT, CONTRACT_ERROR):
            return answer
    try:
        return _read(said)
    except Malformed as error:
        return Failure(Reason.MALFORMED, str(error)[:DETAIL_MAX])


def _read(said: Said) -> tuple[Authority, ...] | Failure:
    """Raises Malformed."""
    known = {name: _felts(name, answer) for name, answer in said.items() if not isinstance(answer, RpcFault)}
    found: list[Authority] = []
    if SIGNERS in known:
        stark, others = _curves(known[SIGNERS])
        if others or len(stark) != 1:
            return Failure(Reason.UNSUPPORTED, f"{SIGNERS}: {len(stark)} STARK keys, and others beside: {bool(others)}")
        found.append(_authority(SIGNERS, stark[0]))
    for name, guardian in GUARDED.items():
        if name in known:
            if guardian not in known:
                return Failure(Reason.UNSUPPORTED, f"{name}, but not {guardian}: who must sign beside is not known")
            found.append(_authority(name, _one(name, known[name]), _one(guardian, known[guardian])))
    found += [_authority(name, _one(name, known[name])) for name in PLAIN if name in known]
    if not found:
        return Failure(Reason.UNSUPPORTED, f"a contract that names no key ({', '.join(QUESTIONS)})")
    if any((each.threshold, each.signers) != (found[0].threshold, found[0].signers) for each in found):
        return Failure(Reason.UNSUPPORTED, f"{' and '.join(each.name for each in found)} name different keys")
    return (found[0],)


def _authority(name: str, key: int, guardian: int = 0) -> Authority:
    keys = dict.fromkeys((key, guardian) if guardian else (key,))
    if 0 in keys:
        raise Malformed(f"{name}: no key")
    signers = [Weighted(by_key(each.to_bytes(32, "big"))) for each in keys]
    return authority(ControlKind.WALLET_KEY, len(signers), signers, name)


def _felts(name: str, answer: Json) -> list[int]:
    felts = [int(each, 16) for each in shape(list[Felt], answer, name)]
    if any(each >= starknet.PRIME for each in felts):
        raise Malformed(f"{name}: beyond the field")
    return felts


def _one(name: str, felts: Sequence[int]) -> int:
    """A key of another curve comes in several elements."""
    if len(felts) != 1:
        raise Malformed(f"{name}: {len(felts)} elements, and not one key")
    return felts[0]


def _curves(felts: Sequence[int]) -> tuple[Sequence[int], Sequence[int]]:
    """Three arrays, each after its length: keys of the STARK curve, and of the others. Raises Malformed."""
    arrays: list[Sequence[int]] = []
    rest = list(felts)
    while rest:
        size = rest.pop(0)
        arrays.append(rest[:size])
        if len(arrays[-1]) != size:
            break
        del rest[:size]
    if rest or len(arrays) != 3:
        raise Malformed(f"{SIGNERS}: not the three arrays of keys")
    return arrays[0], [*arrays[1], *arrays[2]]
