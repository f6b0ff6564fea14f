"""What actors hold before the messages of a tipset, and how much of it a multisig or a miner cannot move.

Only actors that were created (``f2``, and ``f0``, which may be any) can hold back: for those the node is asked what is
available of a multisig (less what still vests), then of a miner (less its pledges), and says of which kind one is not.
Shapes: https://github.com/filecoin-project/lotus, documentation/en/api-v1-unstable-methods.md (StateGetActor,
MsigGetAvailableBalance, StateMinerAvailableBalance).
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import msgspec

from chains.adapter import Call, Json, Rpc
from chains.answers import Held, Outcome, ask_each, digits, outcome, shape
from chains.errors import Malformed, NoMethod, RpcFault
from chains.types import BalanceKey, Failure, Liquidity, Reason

Cids = Sequence[dict[str, str]]
_CREATED = ("f0", "f2")
_AVAILABLE = ("Filecoin.MsigGetAvailableBalance", "Filecoin.StateMinerAvailableBalance")
_NOT_FOUND = "actor not found"
_OTHER_KIND = re.compile(r"unknown (?:\w+ )?actor code", re.IGNORECASE)


class _Actor(msgspec.Struct, frozen=True):
    balance: str = msgspec.field(name="Balance")


async def held(rpc: Rpc, keys: Sequence[BalanceKey], tipset: Cids) -> dict[BalanceKey, Outcome]:
    """One outcome for each distinct key."""

    def ask(key: BalanceKey) -> Call:
        return "Filecoin.StateGetActor", (key.address, tipset)

    found = await ask_each(rpc, keys, ask, _total)
    totals = {key: one.amount for key, one in found.items() if isinstance(one, Held) and one.amount}
    undecided = [key for key in totals if key.address.startswith(_CREATED)]
    for method in _AVAILABLE:
        others: list[BalanceKey] = []
        calls: list[Call] = [(method, (key.address, tipset)) for key in undecided]
        for key, answer in zip(undecided, await rpc.batch(calls) if calls else [], strict=True):
            if isinstance(answer, RpcFault) and _OTHER_KIND.search(answer.message):
                others.append(key)
            else:
                found[key] = _split(totals[key], answer)
        undecided = others
    return found


def _total(key: BalanceKey, answer: Json | RpcFault) -> Outcome:
    """An actor that does not exist holds nothing: Lotus says so by an error, Forest by null."""
    if isinstance(answer, RpcFault) and answer.message.endswith(_NOT_FOUND):
        return Held(0)

    def read(answer: Json) -> Held:
        return Held(0 if answer is None else digits(shape(_Actor, answer, "actor").balance, "Balance"))

    return outcome(answer, read)


def _split(total: int, answer: Json | RpcFault) -> Outcome:
    if isinstance(answer, NoMethod):
        return Failure(Reason.UNSUPPORTED, "the node does not say what of this actor's balance is available")

    def read(answer: Json) -> Held:
        available = digits(answer, "available balance")
        if available > total:
            raise Malformed(f"{available} available of {total}")
        return Held(available, {Liquidity.LOCKED: total - available})

    return outcome(answer, read)
