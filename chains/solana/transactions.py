"""What one transaction changed: lamports of each account, tokens of each token account. Pure.

Shapes: https://solana.com/docs/rpc/http/gettransaction with ``encoding: json``. ``preBalances`` and ``postBalances``
are by index into the message's account keys followed by those loaded from lookup tables, writable ones first; an entry
of ``preTokenBalances`` or ``postTokenBalances`` names its account by the same index, and is missing where there was no
token account. Failed transactions have them, too: they cost a fee.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from chains.adapter import Json
from chains.errors import Malformed

_U64_END = 2**64


class Holder(NamedTuple):
    """Tokens of ``mint`` in ``account``, which ``owner`` may spend."""

    account: str
    owner: str
    mint: str


class Transaction(NamedTuple):
    """Changes in base units; what did not change need not be there. ``tokens`` names every token account in it."""

    slot: int
    lamports: Mapping[str, int]
    tokens: Mapping[Holder, int]


def transaction(body: Json, *, signature: str) -> Transaction:
    """Raises Malformed for anything but the whole of this very transaction."""
    match body:
        case {
            "slot": int(slot),
            "transaction": {"signatures": [str(first), *_], "message": {"accountKeys": [*static]}},
            "meta": {"preBalances": [*before], "postBalances": [*after], **meta},
        } if first == signature:
            keys = _keys(static, meta)
            if len(before) == len(after) == len(keys):
                lamports = {
                    key: _amount(last) - _amount(start) for key, start, last in zip(keys, before, after, strict=True)
                }
                tokens = Counter(_tokens(meta.get("postTokenBalances"), keys))
                tokens.subtract(_tokens(meta.get("preTokenBalances"), keys))
                return Transaction(slot, lamports, tokens)
    raise Malformed(f"getTransaction: not the whole of transaction {signature}")


def _keys(static: Sequence[object], meta: Mapping[object, object]) -> list[str]:
    match meta.get("loadedAddresses"):
        case None:
            loaded: list[object] = []
        case {"writable": [*writable], "readonly": [*readonly]}:
            loaded = [*writable, *readonly]
        case _:
            raise Malformed("getTransaction: addresses that were loaded, but no list of them")
    keys = [key for key in (*static, *loaded) if isinstance(key, str)]
    if len(keys) != len(static) + len(loaded) or len(set(keys)) != len(keys):
        raise Malformed("getTransaction: not a list of different account keys")
    return keys


def _tokens(entries: object, keys: Sequence[str]) -> dict[Holder, int]:
    if not isinstance(entries, list):
        raise Malformed("getTransaction: token balances were not recorded")
    found: dict[Holder, int] = {}
    for entry in entries:
        match entry:
            case {
                "accountIndex": int(index),
                "mint": str(mint),
                "owner": str(owner),
                "uiTokenAmount": {"amount": str(text)},
            } if 0 <= index < len(keys) and text.isascii() and text.isdigit():
                found[Holder(keys[index], owner, mint)] = _amount(int(text[:20]) if len(text) <= 20 else None)
            case _:
                raise Malformed("getTransaction: a token balance without account, owner, mint or amount")
    return found


def _amount(value: object) -> int:
    if type(value) is not int or not 0 <= value < _U64_END:
        raise Malformed("getTransaction: an amount that is no u64")
    return value
