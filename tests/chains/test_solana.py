"""Where Solana answers are not what they seem, on the real runtime; and what only a broken node would say."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import replace
from datetime import timedelta
from struct import pack
from types import SimpleNamespace
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from solders.pubkey import Pubkey

from chains import registry
from chains.adapter import Call, ChainAdapter, Json, Rpc
from chains.errors import BadAddress, Malformed, NotFinal, Pruned, RpcFault, Transport
from chains.rpc import open_rpc
from chains.solana import build, snapshot
from chains.solana.layout import TOKEN_CLASSIC, Account, holding, mint_decimals
from chains.types import Address, BalanceKey, ChainId, Instrument, Reason
from scripts.engines.litesvm import SYSTEM, TOKEN, TOKEN_2022, LiteSvm
from tests.chains.harness_solana import NATIVE, RENT, address, chain

ALICE, BOB = address(1), address(2)


@pytest.fixture(autouse=True)
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Seconds the reader would have waited; nobody waits here."""
    waited: list[float] = []

    async def sleep(seconds: float) -> None:
        waited.append(seconds)

    monkeypatch.setattr(snapshot, "asyncio", SimpleNamespace(sleep=sleep))
    return waited


@pytest.fixture
async def node() -> AsyncIterator[LiteSvm]:
    async with LiteSvm() as node:
        yield node


@pytest.fixture
async def rpc(node: LiteSvm) -> AsyncIterator[Rpc]:
    async with open_rpc(node.provider("litesvm")) as rpc:
        yield rpc


@pytest.fixture
def adapter(node: LiteSvm) -> ChainAdapter:
    return build(chain(node.chain))


@pytest.fixture
def derived_only(node: LiteSvm) -> ChainAdapter:
    return build(msgspec.structs.replace(chain(node.chain), options={"stray_token_accounts": False}))


def token(mint: str) -> Instrument:
    return Instrument(f"token:{mint}")


class Bent:
    """An Rpc one at a time: ``before`` each call, and ``bend`` over each answer."""

    def __init__(
        self,
        inner: Rpc,
        *,
        before: Callable[[str], None] = lambda _: None,
        bend: Callable[[str, Any], Any] = lambda _, answer: answer,
    ) -> None:
        self._inner, self._before, self._bend = inner, before, bend
        self.provider = "bent"
        self.calls: list[Call] = []

    async def call(self, method: str, params: Sequence[object] = ()) -> Json:
        (answer,) = await self.batch([(method, params)])
        if isinstance(answer, RpcFault):
            raise answer
        return answer

    async def batch(self, calls: Sequence[Call]) -> list[Json | RpcFault]:
        answers = []
        for method, params in calls:
            self.calls.append((method, params))
            self._before(method)
            (answer,) = await self._inner.batch([(method, params)])
            answers.append(answer if isinstance(answer, RpcFault) else self._bend(method, answer))
        return answers


async def only(adapter: ChainAdapter, rpc: Rpc, key: BalanceKey) -> int | Reason:
    """The amount of one key, or why there is none."""
    readings = await adapter.balances(rpc, await adapter.final_block(rpc), [key])
    (amount,) = readings.amounts
    return readings.failures[0].reason if amount is None else amount


# -- what may stand where a token account is expected


async def test_a_null_account_is_an_explicit_zero(node: LiteSvm, rpc: Rpc, adapter: ChainAdapter) -> None:
    mint = node.create_mint(decimals=6)
    assert await only(adapter, rpc, BalanceKey(ALICE, NATIVE)) == 0
    assert await only(adapter, rpc, BalanceKey(ALICE, token(mint))) == 0


async def test_lamports_sent_ahead_to_the_derived_address_hide_nothing(
    node: LiteSvm, rpc: Rpc, adapter: ChainAdapter
) -> None:
    mint = node.create_mint(decimals=6)
    node.fund({Address(node.derived(mint, ALICE)): RENT})
    assert await only(adapter, rpc, BalanceKey(ALICE, token(mint))) == 0
    node.mint_to(mint, {ALICE: 7})
    assert await only(adapter, rpc, BalanceKey(ALICE, token(mint))) == 7


@pytest.mark.parametrize("stray", [True, False])
async def test_a_foreign_account_at_the_derived_address_is_no_zero(
    node: LiteSvm, rpc: Rpc, adapter: ChainAdapter, derived_only: ChainAdapter, stray: bool
) -> None:
    mint = node.create_mint(decimals=6)
    content = bytes(Pubkey.from_string(mint)) + bytes(Pubkey.from_string(ALICE)) + pack("<Q", 99) + bytes(93)
    node.put(node.derived(mint, ALICE), lamports=RENT, owner=BOB, data=content)
    assert await only(adapter if stray else derived_only, rpc, BalanceKey(ALICE, token(mint))) is Reason.MALFORMED


@pytest.mark.parametrize("wrong", ["mint", "holder", "state", "length"])
async def test_a_token_account_of_another_content_is_no_zero(
    node: LiteSvm, rpc: Rpc, derived_only: ChainAdapter, wrong: str
) -> None:
    mint = node.create_mint(decimals=6)
    content = bytearray(165)
    content[:32] = bytes(Pubkey.from_string(BOB if wrong == "mint" else mint))
    content[32:64] = bytes(Pubkey.from_string(BOB if wrong == "holder" else ALICE))
    content[64:72] = pack("<Q", 99)
    content[108] = 0 if wrong == "state" else 1
    data = bytes(content)[:-1] if wrong == "length" else bytes(content)
    node.put(node.derived(mint, ALICE), lamports=RENT, owner=TOKEN, data=data)
    assert await only(derived_only, rpc, BalanceKey(ALICE, token(mint))) is Reason.MALFORMED


async def test_a_frozen_account_still_holds(node: LiteSvm, rpc: Rpc, adapter: ChainAdapter) -> None:
    mint = node.create_mint(decimals=6)
    content = bytes(Pubkey.from_string(mint)) + bytes(Pubkey.from_string(ALICE)) + pack("<Q", 99) + bytes(36) + b"\2"
    node.put(node.derived(mint, ALICE), lamports=RENT, owner=TOKEN, data=content.ljust(165, b"\0"))
    assert await only(adapter, rpc, BalanceKey(ALICE, token(mint))) == 99


@pytest.mark.parametrize("program", [TOKEN, TOKEN_2022])
async def test_both_programs_and_their_own_derived_addresses(
    node: LiteSvm, rpc: Rpc, adapter: ChainAdapter, derived_only: ChainAdapter, program: str
) -> None:
    mint = node.create_mint(decimals=3, program=program)
    node.mint_to(mint, {ALICE: 11})
    for each in (adapter, derived_only):
        assert await only(each, rpc, BalanceKey(ALICE, token(mint))) == 11
        assert await only(each, rpc, BalanceKey(BOB, token(mint))) == 0
        assert await each.decimals(rpc, await each.final_block(rpc), token(mint)) == 3


async def test_stray_accounts_are_added_and_missed_only_by_choice(
    node: LiteSvm, rpc: Rpc, adapter: ChainAdapter, derived_only: ChainAdapter
) -> None:
    mint = node.create_mint(decimals=6)
    node.mint_to(mint, {ALICE: 1})
    for amount in (20, 300):
        node.open_stray(mint, ALICE, amount)
    node.open_stray(mint, BOB, 4_000)
    node.open_stray(node.create_mint(decimals=6), ALICE, 50_000)
    assert await only(adapter, rpc, BalanceKey(ALICE, token(mint))) == 321
    assert await only(adapter, rpc, BalanceKey(BOB, token(mint))) == 4_000
    assert await only(derived_only, rpc, BalanceKey(ALICE, token(mint))) == 1


async def test_a_listed_token_account_is_not_counted_beside_its_holder(
    node: LiteSvm, rpc: Rpc, adapter: ChainAdapter
) -> None:
    mint, other = node.create_mint(decimals=6), node.create_mint(decimals=6)
    node.mint_to(mint, {ALICE: 5})
    account = Address(node.derived(mint, ALICE))
    block = await adapter.final_block(rpc)
    readings = await adapter.balances(
        rpc,
        block,
        [BalanceKey(account, token(mint)), BalanceKey(ALICE, token(mint)), BalanceKey(account, token(other))],
    )
    assert readings.amounts == [None, 5, 0]
    assert readings.failures[0].reason is Reason.UNSUPPORTED
    assert ALICE in readings.failures[0].detail


# -- slots


async def test_readings_name_a_block_that_the_ledger_knows(node: LiteSvm, rpc: Rpc, adapter: ChainAdapter) -> None:
    pinned = await adapter.final_block(rpc)
    node.fund({ALICE: RENT})
    node.advance(50)
    block = (await adapter.balances(rpc, pinned, [BalanceKey(ALICE, NATIVE)])).block
    assert block.height == pinned.height + 50 == await rpc.call("getSlot", ({"commitment": "finalized"},))
    told: Any = await rpc.call("getBlock", (block.height, {"transactionDetails": "none", "rewards": False}))
    assert block.hash == told["blockhash"]
    assert block.time is not None
    assert block.time.timestamp() == told["blockTime"]


async def test_a_slot_moving_between_parts_is_read_again(node: LiteSvm, rpc: Rpc, adapter: ChainAdapter) -> None:
    wallets = {address(1000 + n): RENT + n for n in range(250)}
    node.fund(wallets)
    node.advance()
    block = await adapter.final_block(rpc)
    moves = iter([False, True, True])  # within the first round of four calls; the second one sees it rest

    def move(method: str) -> None:
        if method == "getMultipleAccounts" and next(moves, False):
            node.fund({address(1000): 1})  # so that answers of different slots do differ
            node.advance()

    bent = Bent(rpc, before=move)
    readings = await adapter.balances(bent, block, [BalanceKey(wallet, NATIVE) for wallet in wallets])
    asked: list[Any] = [params[-1] for _, params in bent.calls]
    assert [config["minContextSlot"] - block.height for config in asked] == [0, 0, 0, 0, 2, 2, 2, 2]
    assert readings.block.height == node.slot == block.height + 2
    assert readings.amounts == [RENT + 2, *list(wallets.values())[1:]]


async def test_a_slot_that_never_rests_gives_no_reading(
    node: LiteSvm, rpc: Rpc, adapter: ChainAdapter, pauses: list[float]
) -> None:
    block = await adapter.final_block(rpc)
    with pytest.raises(Transport, match="one finalized slot"):
        await adapter.balances(Bent(rpc, before=lambda _: node.advance()), block, [BalanceKey(ALICE, NATIVE)])
    assert pauses == [snapshot.SLOT_S] * (snapshot.ATTEMPTS_MAX - 1)


@pytest.mark.parametrize("kind", ["native", "token"])
async def test_a_node_behind_the_pin_gives_no_reading(
    node: LiteSvm, rpc: Rpc, adapter: ChainAdapter, kind: str
) -> None:
    mint = node.create_mint(decimals=6)
    node.fund({ALICE: RENT})
    block = await adapter.final_block(rpc)
    future = replace(block, height=block.height + 1)
    key = BalanceKey(ALICE, NATIVE if kind == "native" else token(mint))
    with pytest.raises(Transport, match=f"at or after {future.height}"):
        await adapter.balances(rpc, future, [key])
    node.advance()
    assert (await adapter.balances(rpc, future, [key])).block.height == future.height


async def test_a_listing_behind_the_pin_gives_no_reading(node: LiteSvm, rpc: Rpc, adapter: ChainAdapter) -> None:
    mint = node.create_mint(decimals=6)

    def lag(method: str, answer: Any) -> Any:
        return RpcFault(-32016, "Minimum context slot has not been reached") if "ByOwner" in method else answer

    with pytest.raises(Transport, match="has not reached"):
        await only(adapter, Bent(rpc, bend=lag), BalanceKey(ALICE, token(mint)))


async def test_amounts_are_never_older_than_the_list_of_accounts(
    node: LiteSvm, rpc: Rpc, adapter: ChainAdapter
) -> None:
    mint = node.create_mint(decimals=6)

    def listed_later(method: str, answer: Any) -> Any:
        answer["context"]["slot"] += 3 * ("ByOwner" in method)
        return answer

    with pytest.raises(Transport, match=f"at or after {node.slot + 3}"):
        await only(adapter, Bent(rpc, bend=listed_later), BalanceKey(ALICE, token(mint)))


@pytest.mark.parametrize("times", [1, 4, 5])
async def test_state_newer_than_the_slot_it_is_said_to_be_of_is_read_again(
    node: LiteSvm, rpc: Rpc, adapter: ChainAdapter, times: int
) -> None:
    left = times * 2  # calls of one attempt

    def claim_older(_: str, answer: Any) -> Any:
        nonlocal left
        left -= 1
        answer["context"]["slot"] -= left >= 0
        return answer

    bent = Bent(rpc, bend=claim_older)
    if times < snapshot.ATTEMPTS_MAX:
        assert (await adapter.final_block(bent)).height == node.slot
    else:
        with pytest.raises(Transport, match="one finalized slot"):
            await adapter.final_block(bent)
    assert len(bent.calls) == 2 * min(times + 1, snapshot.ATTEMPTS_MAX)


async def test_only_the_final_slot_is_at_hand(node: LiteSvm, rpc: Rpc, adapter: ChainAdapter) -> None:
    final = await adapter.final_block(rpc)
    assert final.time is not None
    assert await adapter.block_at(rpc, time=final.time) == final
    with pytest.raises(Pruned):
        await adapter.block_at(rpc, time=final.time - timedelta(seconds=1))
    with pytest.raises(NotFinal):
        await adapter.block_at(rpc, time=final.time + timedelta(seconds=1))
    node.advance(7)
    with pytest.raises(Pruned):
        await adapter.block_at(rpc, height=node.slot - 3)  # a skipped slot


# -- what only a broken node or proxy says


async def test_never_more_than_a_hundred_keys_a_call(node: LiteSvm, rpc: Rpc, adapter: ChainAdapter) -> None:
    bent = Bent(rpc)
    mint = node.create_mint(decimals=6)
    keys = [BalanceKey(address(n), instrument) for n in range(150) for instrument in (NATIVE, token(mint))]
    await adapter.balances(bent, await adapter.final_block(rpc), keys)
    asked = [len(params[0]) for method, params in bent.calls if method == "getMultipleAccounts"]  # type: ignore[arg-type]
    assert max(asked) == 100
    assert sum(asked) == 2 + 4 + 300  # the mint with its clock; 150 wallets, 150 derived accounts and four clocks


async def test_every_question_is_about_final_state_not_older_than_the_pin(
    node: LiteSvm, rpc: Rpc, adapter: ChainAdapter
) -> None:
    mint = node.create_mint(decimals=6)
    block = await adapter.final_block(rpc)
    bent = Bent(rpc)
    await adapter.balances(bent, block, [BalanceKey(ALICE, NATIVE), BalanceKey(ALICE, token(mint))])
    assert {method for method, _ in bent.calls} == {
        "getLatestBlockhash",
        "getMultipleAccounts",
        "getTokenAccountsByOwner",
    }
    for _, params in bent.calls:
        config: Any = params[-1]
        assert config["commitment"] == "finalized"
        assert config["minContextSlot"] == block.height


def short(value: Any) -> Any:
    return value[1:]


def none(_: Any) -> Any:
    return None


def elsewhere(value: Any) -> Any:
    return [*value[:-1], None]


@pytest.mark.parametrize("bend", [short, none, elsewhere])
async def test_an_answer_that_does_not_fit_the_question_is_malformed(
    rpc: Rpc, adapter: ChainAdapter, bend: Callable[[Any], Any]
) -> None:
    block = await adapter.final_block(rpc)

    def broken(method: str, answer: Any) -> Any:
        return answer | {"value": bend(answer["value"])} if method == "getMultipleAccounts" else answer

    with pytest.raises(Malformed):
        await adapter.balances(Bent(rpc, bend=broken), block, [BalanceKey(ALICE, NATIVE)])


@pytest.mark.parametrize("answer", [None, {}, {"context": {}, "value": []}, {"context": {"slot": -1}, "value": []}])
async def test_an_answer_without_its_slot_is_malformed(rpc: Rpc, adapter: ChainAdapter, answer: Any) -> None:
    with pytest.raises(Malformed):
        await adapter.final_block(Bent(rpc, bend=lambda _, __: answer))


@pytest.mark.parametrize("text", ["", "0" * 44, "1" * 31, 7])
async def test_a_block_hash_that_is_none_is_malformed(rpc: Rpc, adapter: ChainAdapter, text: object) -> None:
    def broken(method: str, answer: Any) -> Any:
        return answer | {"value": {"blockhash": text}} if method == "getLatestBlockhash" else answer

    with pytest.raises(Malformed):
        await adapter.final_block(Bent(rpc, bend=broken))


@pytest.mark.parametrize(
    "fields",
    [
        {"lamports": 2**64},
        {"lamports": -1},
        {"lamports": 1.0},
        {"lamports": True},
        {"lamports": "1"},
        {"lamports": None},
        {"lamports": 2**53, "rentEpoch": 18446744073709552000.0},
        {"owner": None},
        {"data": ["!YWJj", "base64"]},
        {"data": ["", "base58"]},
        {"data": {"parsed": {}}},
    ],
)
async def test_an_account_that_is_none_spoils_only_its_own_key(
    node: LiteSvm, rpc: Rpc, adapter: ChainAdapter, fields: dict[str, object]
) -> None:
    node.fund({ALICE: RENT, BOB: RENT + 1})

    def broken(method: str, answer: Any) -> Any:
        if method == "getMultipleAccounts":
            answer["value"][0] |= fields
        return answer

    block = await adapter.final_block(rpc)
    keys = [BalanceKey(ALICE, NATIVE), BalanceKey(BOB, NATIVE)]
    readings = await adapter.balances(Bent(rpc, bend=broken), block, keys)
    assert readings.amounts == [None, RENT + 1]
    assert readings.failures[0].reason is Reason.MALFORMED


async def test_a_list_that_omits_an_existing_account_is_not_believed(
    node: LiteSvm, rpc: Rpc, adapter: ChainAdapter
) -> None:
    mint = node.create_mint(decimals=6)
    node.mint_to(mint, {ALICE: 5})

    def omit(method: str, answer: Any) -> Any:
        return answer | {"value": []} if method == "getTokenAccountsByOwner" else answer

    assert await only(adapter, Bent(rpc, bend=omit), BalanceKey(ALICE, token(mint))) is Reason.MALFORMED


@pytest.mark.parametrize("value", [None, {}, [None], [{"pubkey": 1}], [{"pubkey": "0OIl"}]])
async def test_a_list_that_is_none_is_malformed(node: LiteSvm, rpc: Rpc, adapter: ChainAdapter, value: object) -> None:
    mint = node.create_mint(decimals=6)
    block = await adapter.final_block(rpc)

    def broken(method: str, answer: Any) -> Any:
        return answer | {"value": value} if method == "getTokenAccountsByOwner" else answer

    with pytest.raises(Malformed):
        await adapter.balances(Bent(rpc, bend=broken), block, [BalanceKey(ALICE, token(mint))])


async def test_a_refused_list_is_a_refused_key_and_all_refused_raise(
    node: LiteSvm, rpc: Rpc, adapter: ChainAdapter
) -> None:
    mint = node.create_mint(decimals=6)
    node.fund({BOB: RENT})
    block = await adapter.final_block(rpc)

    def refuse(method: str, answer: Any) -> Any:
        return RpcFault(-32010, "excluded from account secondary indexes") if "ByOwner" in method else answer

    bent = Bent(rpc, bend=refuse)
    readings = await adapter.balances(bent, block, [BalanceKey(ALICE, token(mint)), BalanceKey(BOB, NATIVE)])
    assert readings.amounts == [None, RENT]
    assert readings.failures[0].reason is Reason.REFUSED
    with pytest.raises(RpcFault, match="-32010"):
        await adapter.balances(bent, block, [BalanceKey(ALICE, token(mint)), BalanceKey(BOB, token(mint))])


async def test_decimals_of_what_is_no_mint_are_refused(node: LiteSvm, rpc: Rpc, adapter: ChainAdapter) -> None:
    node.fund({ALICE: RENT})
    block = await adapter.final_block(rpc)
    for wrong in (ALICE, BOB, SYSTEM):
        with pytest.raises(RpcFault, match="no mint"):
            await adapter.decimals(rpc, block, token(wrong))


@pytest.mark.parametrize("genesis", [None, 7, "", "abc", "0" * 44])
async def test_a_genesis_hash_that_is_none_is_malformed(rpc: Rpc, adapter: ChainAdapter, genesis: object) -> None:
    with pytest.raises(Malformed):
        await adapter.check_chain(Bent(rpc, bend=lambda _, __: genesis))


# -- config and pure parts


def test_config_is_strict() -> None:
    good = chain(ChainId("solana:5eykt4UsFv8P8NJdTREpY1vzqKqZKvdp"))
    for wrong in ("eip155:1", "solana:", "solana:5eykt4UsFv8P8NJdTREpY1vzqKqZKvd"):
        with pytest.raises(msgspec.ValidationError):
            registry.adapter(msgspec.structs.replace(good, id=ChainId(wrong)))
    for options in ({"stray": True}, {"stray_token_accounts": 1}):
        with pytest.raises(msgspec.ValidationError):
            registry.adapter(msgspec.structs.replace(good, options=options))


@given(st.binary(min_size=32, max_size=32))
def test_every_key_has_one_spelling(key: bytes) -> None:
    adapter = build(chain(ChainId("solana:5eykt4UsFv8P8NJdTREpY1vzqKqZKvdp")))
    text = str(Pubkey(key))
    assert adapter.parse_address(text) == text
    for other in (f"1{text}", f" {text}", f"{text} ", f"{text}\n"):
        with pytest.raises(BadAddress):
            adapter.parse_address(other)


@pytest.mark.parametrize(
    ("program", "size", "kind", "is_mint", "is_token"),
    [
        (TOKEN_CLASSIC, 82, None, True, False),
        (TOKEN_CLASSIC, 165, None, False, True),
        (TOKEN_CLASSIC, 166, 1, False, False),
        (TOKEN_CLASSIC, 166, 2, False, False),
        (TOKEN_2022, 82, None, True, False),
        (TOKEN_2022, 165, None, False, True),
        (TOKEN_2022, 166, 0, False, False),
        (TOKEN_2022, 166, 1, True, False),
        (TOKEN_2022, 166, 2, False, True),
        (SYSTEM, 82, None, False, False),
        (SYSTEM, 165, None, False, False),
    ],
)
def test_length_and_type_tell_mints_from_token_accounts(
    program: str, size: int, kind: int | None, is_mint: bool, is_token: bool
) -> None:
    data = bytearray(size)
    data[45] = 1  # an initialised mint
    if size > 108:
        data[108] = 1  # an initialised token account
    if kind is not None:
        data[165] = kind
    account = Account(1, program, bytes(data))
    assert (mint_decimals(account) is not None, holding(account) is not None) == (is_mint, is_token)
    uninitialised = Account(1, program, bytes(size)[:165] + bytes(data[165:]))
    assert mint_decimals(uninitialised) is None
    assert holding(uninitialised) is None


@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    for program in (TOKEN_CLASSIC, TOKEN_2022, SYSTEM):
        account = Account(1, program, data)
        found, decimals = holding(account), mint_decimals(account)
        assert found is None or (len(data) >= 165 and found.amount == int.from_bytes(data[64:72], "little"))
        assert decimals is None or (len(data) >= 82 and decimals == data[44])
        assert found is None or decimals is None, "no account is both a mint and a token account"
