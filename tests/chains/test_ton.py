"""TON's traps: rows left out, statuses, forms of an address, wallets that only claim an owner, a chain that moves."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from msgspec.structs import replace

from chains import registry
from chains.codec import ton
from chains.codec.ton import TonAddress
from chains.codec.ton_cell import Cell
from chains.codec.ton_jetton import governed_wallet, reference_wallet
from chains.controllers import Authority, ControlKind, Weighted, by_address, by_key
from chains.errors import Malformed, Pruned, RpcFault, Transport
from chains.ton.toncenter import KEYS_MAX
from chains.ton.wallets import V5R1
from chains.types import Address, BalanceKey, BlockRef, Failure, Liquidity, Reason
from tests.chains.harness_ton import (
    BOUNCEABLE,
    CODE,
    HEX,
    MASTER,
    NATIVE,
    OTHERWISE,
    SPEC,
    USDT,
    Toncenter,
    key,
    raw,
    wallet,
)
from tests.chains.kit import asking, changes
from tests.chains.world import World

KEY, OWNER, ABSENT, ABSENT_OWNER = key(2), key(3), key(10_000), key(10_001)


def world() -> World:
    made = World()
    for number in range(1, 6):
        made.tick({KEY: 100 * number, OWNER: 10**15 + number})
    return made


def test_the_wallet_of_a_real_owner_is_derived() -> None:
    """Captured from get_wallet_address of USDT's master on the main network (public tests of a payment library)."""
    derived = governed_wallet(ton.decode(BOUNCEABLE), ton.decode(MASTER), bytes.fromhex(CODE))
    assert ton.encode(derived, bounceable=True) == "EQC9lSq4FyI3XwwtP-3KysuxFkzVqUi-kbda6sdAJ2Fk4mIs"


def test_the_wallet_of_a_reference_jetton_is_derived() -> None:
    """As get_wallet_address of its master answered in the TVM, which test_ton_sandbox asks again where it can."""
    master = ton.decode("EQDuLeDZw8Jd6VDaXgOQJChQaGH0hAn_WKDaQUv_bCgc8Hcp")
    code = Cell(bytes.fromhex("a760d629d5343e76d045017d9dc216fc8a307a8377815feb2b0a5c490e733486"), 6)
    derived = reference_wallet(ton.decode(BOUNCEABLE), master, code)
    assert ton.encode(derived, bounceable=True) == "EQCAeZ5hOFQsHXfdOdUh-xT3DAWJzRHP2LZb22toumYc5qSN"


async def test_every_form_of_an_address_is_one_account() -> None:
    made = World()
    adapter = registry.adapter(SPEC)
    (account,) = {adapter.parse_address(text) for text in (BOUNCEABLE, OTHERWISE, f"0:{HEX}", f"0:{HEX.upper()}")}
    other = adapter.parse_address(f"-1:{HEX}")
    made.tick({BalanceKey(account, NATIVE): 7, BalanceKey(other, NATIVE): 9})
    async with asking(SPEC, Toncenter(made)) as ask:
        assert await ask.amounts(BalanceKey(account, NATIVE), BalanceKey(other, NATIVE)) == [7, 9]


@pytest.mark.parametrize("count", [0, 1, KEYS_MAX - 1, KEYS_MAX, KEYS_MAX + 1, 3 * KEYS_MAX])
async def test_no_request_has_more_addresses_than_are_taken(count: int) -> None:
    keys = [key(2 * number) for number in range(count)]
    made = world()
    made.tick({one: 7 * number for number, one in enumerate(keys)})
    async with asking(SPEC, server := Toncenter(made)) as ask:
        assert await ask.amounts(*keys) == [7 * number for number in range(count)]
        assert sum(method == "GET v3/accountStates" for method, _ in server.calls) == 2 * -(-count // KEYS_MAX)


async def test_a_url_that_is_too_long_is_asked_in_halves() -> None:
    keys = [key(2 * number) for number in range(100)]
    made = world()
    made.tick({one: 1 + number for number, one in enumerate(keys)})
    async with asking(SPEC, server := Toncenter(made)) as ask:
        server.keys_max = 30
        assert await ask.amounts(*keys) == [1 + number for number in range(100)]
        server.keys_max = 0
        with pytest.raises(RpcFault):
            await ask.read(KEY)


async def test_an_account_without_code_holds_coins_and_a_frozen_one_cannot_move_them() -> None:
    async with asking(SPEC, server := Toncenter(world())) as ask:
        server.status[KEY.address] = "uninit"
        assert await ask.amounts(KEY, ABSENT) == [500, 0]
        server.status |= {KEY.address: "frozen", ABSENT.address: "nonexist"}
        found = await ask.read(KEY, ABSENT)
        assert list(found.amounts) == [0, 0]
        assert found.locked == {0: {Liquidity.LOCKED: 500}}


async def test_no_balance_is_zero_only_of_an_account_that_does_not_exist() -> None:
    async with asking(SPEC, server := Toncenter(world())) as ask:
        server.said[ABSENT.address] = {"status": "nonexist", "balance": None}
        server.said[KEY.address] = {"status": "nonexist", "balance": "500"}
        zero, failed = await ask.amounts(ABSENT, KEY)
        assert zero == 0
        assert isinstance(failed, Failure)
        assert failed.reason is Reason.MALFORMED


async def test_a_wallet_that_only_calls_itself_the_owners_is_not_counted() -> None:
    """It names owner and master as the real one does; but its address is another."""
    async with asking(SPEC, server := Toncenter(world())) as ask:
        parts = {"owner": raw(ton.decode(ABSENT_OWNER.address)), "jetton": raw(ton.decode(MASTER))}
        server.fakes = [{"address": raw(TonAddress(0, b"\7" * 32)), "balance": "999", **parts}]
        assert await ask.amounts(ABSENT_OWNER, OWNER) == [0, 10**15 + 5]
        asked = [one.query["address"] for one in server.asked if one.path == "v3/jetton/wallets"]
        assert asked == [[ton.encode(wallet(one.address), bounceable=True) for one in (ABSENT_OWNER, OWNER)]] * 2


@pytest.mark.parametrize(
    "part", [{"owner": raw(TonAddress(0, b"\7" * 32))}, {"jetton": raw(TonAddress(0, b"\7" * 32))}]
)
async def test_a_row_of_another_owner_or_jetton_is_no_amount(part: dict[str, str]) -> None:
    async with asking(SPEC, server := Toncenter(world())) as ask:
        server.said[OWNER.address] = part
        failed, zero = await ask.amounts(OWNER, ABSENT_OWNER)
        assert isinstance(failed, Failure)
        assert zero == 0


async def test_a_master_that_makes_other_wallets_now_is_not_read_as_zero() -> None:
    async with asking(SPEC, server := Toncenter(world())) as ask:
        server.code = "00" * 32
        coins, jettons = await ask.amounts(KEY, OWNER)
        assert coins == 500
        assert isinstance(jettons, Failure)
        assert jettons.reason is Reason.UNSUPPORTED


async def test_a_master_that_the_index_does_not_know_spoils_no_coins() -> None:
    async with asking(SPEC, server := Toncenter(world())) as ask:
        server.masters = False
        coins, jettons = await ask.amounts(KEY, OWNER)
        assert coins == 500
        assert isinstance(jettons, Failure)


@pytest.mark.parametrize(("content", "decimals"), [({"decimals": "6", "uri": "u"}, 6), ({"name": "n"}, 9)])
async def test_decimals_are_what_the_master_says(content: dict[str, str], decimals: int) -> None:
    async with asking(SPEC, server := Toncenter(world())) as ask:
        server.content = content
        assert await ask.adapter.decimals(ask.rpc, await ask.final(), USDT) == decimals


async def test_decimals_outside_the_chain_are_not_guessed() -> None:
    async with asking(SPEC, server := Toncenter(world())) as ask:
        server.content = {"uri": "https://example.org/jetton.json"}
        with pytest.raises(Malformed):
            await ask.adapter.decimals(ask.rpc, await ask.final(), USDT)


async def test_all_answers_are_of_one_block_of_the_masterchain(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("chains.settled.POLL_S", 0)
    monkeypatch.setattr("chains.settled.POLLS_MAX", 3)
    made = world()
    async with asking(SPEC, server := Toncenter(made)) as ask:
        before = await ask.final()
        server.moves = 2
        found = await ask.read(KEY, OWNER, ABSENT, block=before)
        assert found.block.height == made.head == before.height + 2
        assert found.block.time == made.time(made.head)
        with pytest.raises(Transport):
            await ask.read(KEY, block=BlockRef(made.head + 1, "later"))
        with pytest.raises(Pruned):
            await ask.at(height=made.head - 1)


async def test_flows_are_what_transactions_changed_in_between() -> None:
    made = world()
    first = made.head
    made.tick({KEY: 70, ABSENT: 9, OWNER: 5, ABSENT_OWNER: 300})
    made.tick({KEY: 900, OWNER: 10**15, ABSENT_OWNER: 0})
    until = BlockRef(made.head, "x")
    made.tick({KEY: 1, OWNER: 1})
    async with asking(SPEC, Toncenter(made)) as ask:
        assert await changes(ask, first, until, KEY, ABSENT, key(4), KEY) == [400, 9, 0, 400]
        assert await changes(ask, first, until, OWNER, KEY, ABSENT_OWNER, key(5)) == [-5, 400, 0, 0]
        assert await changes(ask, until.height, until, KEY) == [0]
        assert await changes(ask, first, until) == []
        with pytest.raises(Pruned):
            await changes(ask, 10**6, BlockRef(10**6, "x"), KEY)


async def test_a_transaction_that_the_index_has_lost_leaves_the_flow_unknown() -> None:
    made = world()
    async with asking(SPEC, server := Toncenter(made)) as ask:
        server.lost = {made.head - 1}
        (unknown,) = await changes(ask, made.head - 3, BlockRef(made.head, "x"), KEY)
        assert isinstance(unknown, Failure)
        assert unknown.reason is Reason.MALFORMED


async def test_a_long_list_is_paged_and_one_without_end_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("chains.ton.flows.MARGIN_S", 0)
    made, until = world(), 0
    since = made.head
    for number in range(7):
        made.tick({KEY: 1000 + number})
    until = made.head
    async with asking(SPEC, server := Toncenter(made)) as ask:
        server.rows_max = 2
        monkeypatch.setattr("chains.ton.flows.ROWS_MAX", 2)
        server.respond = _any_limit(server)  # type: ignore[assignment,method-assign]
        assert await changes(ask, since, BlockRef(until, "x"), KEY, ABSENT) == [506, 0]
        monkeypatch.setattr("chains.ton.flows.PAGES_MAX", 2)
        cut, whole = await changes(ask, since, BlockRef(until, "x"), KEY, ABSENT)
        assert isinstance(cut, Failure)
        assert whole == 0


def _any_limit(server: Toncenter) -> Callable[[str, Any], Any]:
    respond = server.respond
    return lambda method, params: respond(method, params | {"limit": "1000"} if "limit" in params else params)


async def test_who_controls_is_the_key_of_a_wallet_that_takes_signatures() -> None:
    names = ("v5", "closed", "contract", "odd", "keyless", "uninit", "frozen")
    accounts = {name: Address(key(2 * number).address) for number, name in enumerate(names, 30)}
    async with asking(SPEC, server := Toncenter(world())) as ask:
        server.said = {address: {"code_hash": V5R1} for address in accounts.values()}
        server.said[accounts["contract"]] = {"code_hash": "x"}
        server.status = {accounts["uninit"]: "uninit", accounts["frozen"]: "frozen"}
        server.methods = {(address, "get_public_key"): "0x1f" for address in accounts.values()}
        server.methods[accounts["keyless"], "get_public_key"] = "0x0"
        allowed = {"v5": "-0x1", "keyless": "-0x1", "closed": "0x0"}
        server.methods |= {(accounts[name], "is_signature_allowed"): value for name, value in allowed.items()}
        found = dict(zip((*names, "absent"), await ask.control(*accounts.values(), ABSENT.address), strict=True))
        assert found["v5"] == (Authority(ControlKind.WALLET_KEY, 1, (Weighted(by_key(bytes(31) + b"\x1f")),)),)
        for name, address in (("uninit", accounts["uninit"]), ("absent", ABSENT.address)):
            assert found[name] == (Authority(ControlKind.OWN_KEY, 1, (Weighted(by_address(address)),)),)
        reasons = {name: one.reason for name, one in found.items() if isinstance(one, Failure)}
        assert reasons == {
            "closed": Reason.UNSUPPORTED,
            "contract": Reason.NO_CODE,
            "odd": Reason.MALFORMED,
            "keyless": Reason.MALFORMED,
            "frozen": Reason.NO_CODE,
        }
        assert await ask.control(*[accounts["v5"]] * 2) == [found["v5"]] * 2


@pytest.mark.parametrize("address", [raw(TonAddress(0, b"\7" * 32)), "nonsense"])
async def test_a_row_that_was_not_asked_makes_all_of_it_malformed(address: str) -> None:
    async with asking(SPEC, server := Toncenter(world())) as ask:
        server.said[KEY.address] = {"address": address}
        with pytest.raises(Malformed):
            await ask.read(KEY, ABSENT)


@pytest.mark.parametrize(
    "options",
    [
        {"jettons": {OTHERWISE: CODE}},
        {"jettons": {"EQ": CODE}},
        {"jettons": {MASTER: "x"}},
        {"jettons": {MASTER: {"code": CODE}}},
        {"jettons": {MASTER: {"code": CODE, "depth": 1024}}},
    ],
)
def test_config_names_a_jetton_in_one_way(options: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="jettons"):
        registry.adapter(replace(SPEC, options=options))
