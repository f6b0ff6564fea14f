"""What ``getaccount`` says an account holds, by class, and who can act for it. Pure.

Fields: https://github.com/tronprotocol/protocol, core/Tron.proto, message Account. JSON leaves out zeros, and an
account that was never activated is answered with ``{}``. Delegated resources are coins of the one who delegates; those
acquired are somebody else's. Voting rewards that were not withdrawn (``allowance``) are not the account's yet.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from chains.adapter import Json
from chains.answers import DETAIL_MAX
from chains.controllers import Authority
from chains.errors import Malformed
from chains.tron.permissions import authorities
from chains.types import Address, Failure, Liquidity, Reason

_INT64_END = 2**63
_DELEGATED = ("delegated_frozen_balance_for_bandwidth", "delegated_frozenV2_balance_for_bandwidth")
_DELEGATED_ENERGY = ("delegated_frozen_balance_for_energy", "delegated_frozenV2_balance_for_energy")

Object = dict[str, Json]


@dataclass(frozen=True, slots=True)
class Account:
    """``locked`` has classes above zero only. ``created_ms`` is Unix time, None for an account that does not exist.

    ``controllers``: see permissions.py; what is wrong with them is no fault of the amounts.
    """

    liquid: int
    locked: dict[Liquidity, int]
    created_ms: int | None
    controllers: tuple[Authority, ...] | Failure


def account(body: Json, address: str) -> Account:
    """Raises Malformed for what is no account, or another one."""
    if not isinstance(body, dict) or "Error" in body:
        raise Malformed("getaccount: not an account")
    if body and body.get("address") != address:
        raise Malformed("getaccount: another account than was asked for")
    resource = _object(body.get("account_resource"))
    staked = sum(
        (
            _total(body.get("frozen"), "frozen_balance"),
            _total(body.get("frozenV2"), "amount"),
            _amount(_object(resource.get("frozen_balance_for_energy")).get("frozen_balance")),
            _amount(_object(body.get("tron_power")).get("frozen_balance")),
            *(_amount(body.get(name)) for name in _DELEGATED),
            *(_amount(resource.get(name)) for name in _DELEGATED_ENERGY),
        )
    )
    unbonding = _total(body.get("unfrozenV2"), "unfreeze_amount")
    held = {Liquidity.STAKED: staked, Liquidity.UNBONDING: unbonding}
    return Account(
        liquid=_amount(body.get("balance")),
        locked={name: amount for name, amount in held.items() if amount},
        created_ms=_amount(body.get("create_time")) if body else None,
        controllers=_controllers(body, Address(address)),
    )


def _controllers(body: Json, address: Address) -> tuple[Authority, ...] | Failure:
    try:
        return authorities(body, address)
    except Malformed as error:
        return Failure(Reason.MALFORMED, str(error)[:DETAIL_MAX])


def _total(entries: Json, name: str) -> int:
    return sum(_amount(entry.get(name)) for entry in _objects(entries))


def _objects(value: Json) -> Iterable[Object]:
    entries = [] if value is None else value
    if not isinstance(entries, list):
        raise Malformed("getaccount: a list that is none")
    return map(_object, entries)


def _object(value: Json) -> Object:
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise Malformed("getaccount: an object that is none")
    return value


def _amount(value: Json) -> int:
    """A field that is left out is zero: so JSON of protocol buffers says it."""
    if value is None:
        return 0
    if type(value) is not int or not 0 <= value < _INT64_END:
        raise Malformed("getaccount: an amount that is no int64")
    return value
