"""Who can move what an account holds: its permissions, as get_account lists them. Pure.

``owner`` and ``active`` may do anything; another permission only what it was linked to. Waiting adds weight, too, but
nobody's signature. Keys of other curves (R1, WebAuthn) and contracts (``eosio.code``) sign nothing that is verified
here: their weight is left out.
Source: https://docs.antelope.io, Accounts and Permissions; AntelopeIO/spring, eosio/chain/authority.hpp.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Annotated

import msgspec

from chains.adapter import Json
from chains.answers import shape
from chains.codec import antelope
from chains.controllers import Authority, ControlKind, Signer, Weighted, by_address, by_key
from chains.errors import BadAddress, Malformed
from chains.types import Address, Failure, Reason

_ANYTHING = ("owner", "active")
_CODE = "eosio.code"
_TRANSFER = "transfer"
_Weight = Annotated[int, msgspec.Meta(ge=1, lt=2**16)]


class _Key(msgspec.Struct, frozen=True):
    key: str
    weight: _Weight


class _Level(msgspec.Struct, frozen=True):
    actor: str
    permission: str


class _Other(msgspec.Struct, frozen=True):
    permission: _Level
    weight: _Weight


class _Required(msgspec.Struct, frozen=True):
    threshold: Annotated[int, msgspec.Meta(ge=1, lt=2**32)]
    keys: list[_Key]
    accounts: list[_Other]


class _Linked(msgspec.Struct, frozen=True):
    account: str
    action: str | None = None


class _Permission(msgspec.Struct, frozen=True):
    perm_name: str
    required_auth: _Required
    linked_actions: list[_Linked] = []


class _Account(msgspec.Struct, frozen=True):
    account_name: str
    permissions: list[_Permission]


def authorities(address: Address, contracts: Collection[str], answer: Json) -> tuple[Authority, ...] | Failure:
    """Every permission that may transfer what these contracts keep. Raises Malformed."""
    account = shape(_Account, answer, "get_account")
    if account.account_name != address:
        raise Malformed("get_account: another account")
    found = [one for one in account.permissions if one.perm_name in _ANYTHING or _transfers(one, contracts)]
    return tuple(map(_authority, found)) or Failure(Reason.EMPTY, "no permission may transfer from it")


def _transfers(permission: _Permission, contracts: Collection[str]) -> bool:
    return any(link.account in contracts and link.action in (None, "", _TRANSFER) for link in permission.linked_actions)


def _authority(permission: _Permission) -> Authority:
    """One account on several of its levels counts with its least weight: who has one level need not have the other."""
    required = permission.required_auth
    weights: dict[Signer, int] = {}
    for key in required.keys:
        try:
            weights[by_key(antelope.decode_key(key.key))] = key.weight
        except BadAddress:
            continue
    for other in required.accounts:
        if other.permission.permission != _CODE:
            signer = by_address(Address(other.permission.actor))
            weights[signer] = min(other.weight, weights.get(signer, other.weight))
    signers = tuple(Weighted(signer, weight) for signer, weight in weights.items())
    return Authority(ControlKind.PERMISSION, required.threshold, signers, name=permission.perm_name)
