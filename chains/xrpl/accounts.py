"""Accounts of a ledger: their XRP, and the ledger's own word that there is none."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Annotated, Literal

import msgspec

from chains.adapter import Call, Json, Rpc
from chains.answers import Held, Outcome, ask_each, digits, outcome, shape
from chains.errors import Malformed, RpcFault
from chains.types import Address, BalanceKey, BlockRef
from chains.xrpl.wire import call, result


class Account(msgspec.Struct, frozen=True):
    account: str = msgspec.field(name="Account")
    balance: str = msgspec.field(name="Balance")
    flags: Annotated[int, msgspec.Meta(ge=0)] = msgspec.field(name="Flags")


class _AccountAnswer(msgspec.Struct, frozen=True):
    account_data: Account
    ledger_hash: str
    validated: Literal[True]


def ask(block: BlockRef, address: Address) -> Call:
    return call("account_info", account=address, ledger_hash=block.hash)


def account(block: BlockRef, address: Address, answer: Json) -> Account:
    """Raises Malformed where the answer is about another one, and what ``result`` raises."""
    found = shape(_AccountAnswer, result(answer, "account_info"), "account_info")
    if found.ledger_hash != block.hash or found.account_data.account != address:
        raise Malformed("account_info: about another ledger or account")
    return found.account_data


def absent(fault: RpcFault, name: str, block: BlockRef) -> bool:
    """Whether a refusal says that the ledger of ``block`` itself has no such thing.

    rippled repeats which ledger it looked into; Clio does not, but it was named by the hash of a validated one.
    """
    if fault.message != name or not isinstance(fault.data, Mapping):
        return False
    return (fault.data.get("ledger_hash", block.hash), fault.data.get("validated", True)) == (block.hash, True)


async def read(rpc: Rpc, block: BlockRef, keys: Sequence[BalanceKey]) -> dict[BalanceKey, Outcome]:
    """What is no account holds no XRP."""
    return await ask_each(rpc, keys, lambda key: ask(block, key.address), partial(_held, block))


def _held(block: BlockRef, key: BalanceKey, answer: Json | RpcFault) -> Outcome:
    found = outcome(answer, lambda said: Held(digits(account(block, key.address, said).balance, "Balance")))
    return Held(0) if isinstance(found, RpcFault) and absent(found, "actNotFound", block) else found
