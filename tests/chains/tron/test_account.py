"""What getaccount says: every field that holds coins, by class; what is another's or not yet there is not counted."""

from __future__ import annotations

import pytest

from chains.adapter import Json
from chains.errors import Malformed
from chains.tron.account import account
from chains.types import Liquidity

OWNER = "TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t"
STAKED, UNBONDING = Liquidity.STAKED, Liquidity.UNBONDING


def said(**fields: Json) -> Json:
    return {"address": OWNER, "create_time": 5, **fields}


@pytest.mark.parametrize(
    ("fields", "locked"),
    [
        ({}, {}),
        ({"frozen": [{"frozen_balance": 7, "expire_time": 1}]}, {STAKED: 7}),
        ({"account_resource": {"frozen_balance_for_energy": {"frozen_balance": 7}}}, {STAKED: 7}),
        ({"frozenV2": [{"amount": 3}, {"type": "ENERGY", "amount": 4}, {"type": "TRON_POWER"}]}, {STAKED: 7}),
        ({"tron_power": {"frozen_balance": 7}}, {STAKED: 7}),
        ({"delegated_frozen_balance_for_bandwidth": 7}, {STAKED: 7}),
        ({"delegated_frozenV2_balance_for_bandwidth": 7}, {STAKED: 7}),
        ({"account_resource": {"delegated_frozen_balance_for_energy": 7}}, {STAKED: 7}),
        ({"account_resource": {"delegated_frozenV2_balance_for_energy": 7}}, {STAKED: 7}),
        ({"unfrozenV2": [{"unfreeze_amount": 3, "unfreeze_expire_time": 9}, {"unfreeze_amount": 4}]}, {UNBONDING: 7}),
        ({"frozenV2": [{"amount": 7}], "unfrozenV2": [{"unfreeze_amount": 2}]}, {STAKED: 7, UNBONDING: 2}),
        ({"acquired_delegated_frozenV2_balance_for_bandwidth": 7}, {}),  # somebody else's
        ({"account_resource": {"acquired_delegated_frozenV2_balance_for_energy": 7}}, {}),
        ({"allowance": 7}, {}),  # a reward that was not withdrawn
    ],
)
def test_every_class(fields: dict[str, Json], locked: dict[Liquidity, int]) -> None:
    found = account(said(balance=11, **fields), OWNER)
    assert (found.liquid, found.locked, found.created_ms) == (11, locked, 5)


def test_an_account_that_was_never_activated_holds_nothing() -> None:
    found = account({}, OWNER)
    assert (found.liquid, found.locked, found.created_ms) == (0, {}, None)
    assert account(said(), OWNER).liquid == 0


@pytest.mark.parametrize(
    "body",
    [
        None,
        [],
        "{}",
        {"Error": "class java.lang.NullPointerException : null"},
        {"balance": 1},
        {"address": "TLsV52sRDL79HXGGm9yzwKibb6BeruhUzy", "balance": 1},
        said(balance=-1),
        said(balance=2**63),
        said(balance="1"),
        said(balance=1.0),
        said(balance=True),
        said(frozenV2={"amount": 1}),
        said(frozenV2=[7]),
        said(account_resource=[]),
        said(unfrozenV2=[{"unfreeze_amount": "7"}]),
    ],
)
def test_what_is_no_account_is_no_amount(body: Json) -> None:
    with pytest.raises(Malformed):
        account(body, OWNER)
