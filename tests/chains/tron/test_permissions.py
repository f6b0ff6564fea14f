"""Who can act for a Tron account: changed and untouched permissions, limited ones, contracts, and what is none."""

from __future__ import annotations

from typing import Any

import pytest

from chains.adapter import Controlling, Json, Rpc
from chains.controllers import Authority, ControlKind, Weighted, by_address
from chains.errors import Malformed, Transport
from chains.tron.adapter import TronAdapter
from chains.tron.permissions import authorities
from chains.types import BalanceKey, BlockRef, Failure, Reason
from scripts.engines.tron import TronNode
from tests.chains.bent import Bent
from tests.chains.harness_tron import HARNESS, address

ALICE, BOB, CAROL = address(1), address(2), address(3)
ALL = "7fff1fc0033ec30f" + "0" * 48  # as the chain gives it to a new account
NO_TOKENS = "02" + "0" * 62
OWN = Authority(ControlKind.OWN_KEY, 1, (Weighted(by_address(ALICE)),))


def permission(*keys: tuple[str, int], threshold: int = 1, **more: Json) -> Json:
    return {"threshold": threshold, "keys": [{"address": who, "weight": weight} for who, weight in keys], **more}


def active(*keys: tuple[str, int], operations: str = ALL, **more: Any) -> Json:
    return permission(*keys, type="Active", id=2, permission_name="active", operations=operations, **more)


def said(**fields: Json) -> Json:
    return {"address": ALICE, "create_time": 5, **fields}


def named(name: str, threshold: int, *signers: tuple[Any, int]) -> Authority:
    weighted = tuple(Weighted(by_address(who), weight) for who, weight in signers)
    return Authority(ControlKind.PERMISSION, threshold, weighted, name)


@pytest.mark.parametrize(
    ("body", "found"),
    [
        ({}, (OWN,)),
        (said(), (OWN,)),
        (said(type="AssetIssue"), (OWN,)),
        (said(owner_permission=permission((ALICE, 1))), (named("owner", 1, (ALICE, 1)),)),
        (
            said(
                owner_permission=permission((BOB, 2), (CAROL, 1), threshold=3), active_permission=[active((ALICE, 1))]
            ),
            (named("owner", 3, (BOB, 2), (CAROL, 1)), named("active 2", 1, (ALICE, 1))),
        ),
        (said(active_permission=[active((BOB, 1), operations=NO_TOKENS), active((BOB, 1), operations="")]), (OWN,)),
        (said(witness_permission=permission((BOB, 1))), (OWN,)),
    ],
)
def test_who_can_act(body: Json, found: object) -> None:
    assert authorities(body, ALICE) == found


def test_whom_a_contract_obeys_is_not_known() -> None:
    found = authorities(said(type="Contract", owner_permission=permission((ALICE, 1))), ALICE)
    assert isinstance(found, Failure)
    assert found.reason is Reason.UNSUPPORTED


@pytest.mark.parametrize(
    "body",
    [
        None,
        [],
        {"address": BOB},
        {"create_time": 5},
        said(owner_permission=permission((ALICE, 1), threshold=0)),
        said(owner_permission=permission((ALICE, 0))),
        said(owner_permission=permission((ALICE, 1), (ALICE, 1))),
        said(owner_permission=permission(("41" + "0" * 40, 1))),
        said(owner_permission={"keys": []}),
        said(active_permission=[active((ALICE, 1), operations="7f")]),
        said(active_permission={}),
    ],
)
def test_what_is_no_permission_names_nobody(body: Json) -> None:
    with pytest.raises(Malformed):
        authorities(body, ALICE)


async def test_a_node_is_asked_for_each_account(node: TronNode, rpc: Rpc, adapter: TronAdapter) -> None:
    assert isinstance(adapter, Controlling)
    await node.set_balances({ALICE: 7, BOB: 5})
    node.accounts = {ALICE: {"owner_permission": permission((CAROL, 1))}, BOB: {"type": "Contract"}}
    await node.advance()
    pinned = await adapter.final_block(rpc)
    found = await adapter.controllers(rpc, pinned, [ALICE, BOB, CAROL])
    assert found.block == pinned
    assert found.authorities[0] == (named("owner", 1, (CAROL, 1)),)
    assert found.failures.keys() == {1}
    assert found.authorities[2][0].kind is ControlKind.OWN_KEY
    assert (await adapter.controllers(rpc, pinned, [])).authorities == []
    await node.advance()
    later = await adapter.controllers(rpc, pinned, [address(4)])
    assert later.block.height > pinned.height, "the block that served it, and not the one asked for"


async def test_an_account_whose_coins_were_read_is_asked_once(node: TronNode, rpc: Rpc, adapter: TronAdapter) -> None:
    await node.set_balances({ALICE: 7, BOB: 5, CAROL: 3})
    node.accounts = {ALICE: {"owner_permission": permission((CAROL, 1))}, BOB: {"owner_permission": {"keys": []}}}
    await node.advance()
    pinned, bent = await adapter.final_block(rpc), Bent(rpc)
    keys = [BalanceKey(who, HARNESS.spec.native) for who in (ALICE, BOB)]
    assert (await adapter.balances(bent, pinned, keys)).amounts == [7, 5], "odd permissions are no fault of coins"
    await node.advance()
    found = await adapter.controllers(bent, pinned, [ALICE, BOB, ALICE])
    assert [asked(bent, who) for who in (ALICE, BOB)] == [1, 1]
    assert found.block == pinned, "what was said then is of then"
    assert [each[0].name for each in (found.authorities[0], found.authorities[2])] == ["owner", "owner"]
    assert found.failures[1].reason is Reason.MALFORMED
    mixed = await adapter.controllers(bent, pinned, [CAROL, ALICE])
    assert (mixed.block, asked(bent, CAROL)) == (pinned, 1)
    now = await adapter.final_block(rpc)
    node.accounts = {}
    later = await adapter.controllers(bent, now, [ALICE])
    assert (later.block, later.authorities) == (now, [(OWN,)]), "never from before the block that is asked for"
    assert asked(bent, ALICE) == 2
    other = Bent(rpc)
    await adapter.controllers(other, pinned, [BOB])
    assert asked(other, BOB) == 1, "each witness says it itself"


def asked(bent: Bent, who: str) -> int:
    """How often ``getaccount`` was asked about an account."""
    of_accounts = [params for method, params in bent.calls if method.endswith("getaccount")]
    return sum(isinstance(params, dict) and params["address"] == who for params in of_accounts)


async def test_a_node_that_lags_is_not_believed(node: TronNode, rpc: Rpc, adapter: TronAdapter) -> None:
    pinned = await adapter.final_block(rpc)
    bent = Bent(rpc)
    with pytest.raises(Transport, match="behind"):
        await adapter.controllers(bent, BlockRef(pinned.height + 1, "f" * 64), [ALICE])
    assert not [method for method, _ in bent.calls if method.endswith("getaccount")]
