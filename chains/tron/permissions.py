"""Who can act for a Tron account: the permissions that ``getaccount`` lists. Pure.

Each is weighted accounts and a threshold. The one called owner may do everything; an active one only the operations of
its bitmap (one bit per type of contract), and only those that can send coins and call tokens are told of here. An
account whose permissions were never changed, or that was never activated, obeys the key its address was made from.
Fields: https://github.com/tronprotocol/protocol, core/Tron.proto, messages Account and Permission.
"""

from __future__ import annotations

from typing import Annotated

import msgspec

from chains.adapter import Json
from chains.answers import authority, shape
from chains.controllers import Authority, ControlKind, Weighted, by_address
from chains.errors import BadAddress, Malformed
from chains.tron.address import raw, text
from chains.types import Address, Failure, Reason

_MOVES = (1, 31)  # TransferContract (TRX), TriggerSmartContract (tokens)
_CONTRACT = Failure(Reason.UNSUPPORTED, "a contract, which does not say whom it obeys")
_Positive = Annotated[int, msgspec.Meta(ge=1)]


class _Key(msgspec.Struct, frozen=True):
    address: str
    weight: _Positive


class _Permission(msgspec.Struct, frozen=True):
    threshold: _Positive
    keys: list[_Key]
    id: int = 0
    operations: Annotated[str, msgspec.Meta(pattern="^([0-9a-f]{64})?$")] = ""

    def allows(self, operation: int) -> bool:
        byte, bit = divmod(operation, 8)
        return bool(self.operations) and bool(bytes.fromhex(self.operations)[byte] >> bit & 1)


class _Account(msgspec.Struct, frozen=True):
    address: str
    type: str = "Normal"
    owner_permission: _Permission | None = None
    active_permission: list[_Permission] = []


def authorities(body: Json, address: Address) -> tuple[Authority, ...] | Failure:
    """Raises Malformed for what is no account, or another one."""
    own = Authority(ControlKind.OWN_KEY, 1, (Weighted(by_address(address)),))
    if body == {}:
        return (own,)
    account = shape(_Account, body, "getaccount")
    if account.address != address:
        raise Malformed("getaccount: another account than was asked for")
    if account.type == "Contract":
        return _CONTRACT
    owner = own if account.owner_permission is None else _authority(account.owner_permission, "owner")
    moving = [each for each in account.active_permission if all(map(each.allows, _MOVES))]
    return (owner, *(_authority(each, f"active {each.id}") for each in moving))


def _authority(permission: _Permission, name: str) -> Authority:
    try:
        signers = [Weighted(by_address(Address(text(raw(key.address)))), key.weight) for key in permission.keys]
    except BadAddress as error:
        raise Malformed(f"getaccount: {name}: {error}") from None
    return authority(ControlKind.PERMISSION, permission.threshold, signers, name)
