"""Explorers through the real client and the real EVM family: exact, at the asked block, or not at all."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from itertools import repeat
from typing import Any

import pytest

from chains import registry
from chains.errors import ChainError, Malformed, OverBudget, Pruned, RateLimited, Reorged, RpcFault, TooLarge, Transport
from chains.rpc import ExplorerRpc, open_provider
from chains.types import BalanceKey, BlockRef, Instrument, Reason
from tests.acceptance.world import HEIGHT, address, balance, block
from tests.chains.harness_evm import NATIVE, chain
from tests.sim import explorers
from tests.sim.client import provider
from tests.sim.explorers import TOKEN, BlockscoutServer, EtherscanServer, Ledger, OkLinkServer, Server, token_balance
from tests.sim.test_rpc_secrets import chain as causes

ADAPTER = registry.adapter(chain(1))
PIN = BlockRef(HEIGHT, block(HEIGHT)["hash"])
ERC20 = Instrument(f"erc20:{TOKEN}")
KEYS = [BalanceKey(ADAPTER.parse_address(address(n)), (NATIVE, ERC20)[n % 2]) for n in range(6)]
AMOUNTS = [(balance, token_balance)[n % 2](address(n)) for n in range(6)]
FIRST = address(0)
CANARY = "canaryKey0a1b2c3d4e5f6a7b"
SERVERS: dict[str, type[Server]] = {
    "etherscan": EtherscanServer,
    "blockscout": BlockscoutServer,
    "oklink": OkLinkServer,
}
KINDS = pytest.mark.parametrize("kind", SERVERS)


def configured(kind: str, url: str, **fields: Any) -> Any:
    """As a user would write it; the key where each explorer takes it."""
    if kind == "etherscan":
        return provider(f"{url}v2/api?apikey={CANARY}", kind=kind, **fields)
    if kind == "oklink":
        named = f"{url}api/v5/explorer?chainShortName=ETH"
        return provider(named, kind=kind, headers={"Ok-Access-Key": CANARY}, **fields)
    return provider(f"{url}api/eth-rpc?apikey={CANARY}", kind=kind, **fields)


@asynccontextmanager
async def asked(
    kind: str, server: Server, *, pauses: list[float] | None = None, **fields: Any
) -> AsyncIterator[ExplorerRpc]:
    slept = [] if pauses is None else pauses

    async def sleep(seconds: float) -> None:
        slept.append(seconds)

    spec = configured(kind, server.url, **({"attempts_max": 3} | fields))
    async with open_provider(spec, sleep=sleep, jitter=lambda: 0.0) as rpc:
        assert isinstance(rpc, ExplorerRpc)
        rpc.expect(PIN)
        yield rpc


@asynccontextmanager
async def reading(
    kind: str, ledger: Ledger | None = None, faults: Iterable[explorers.Fault | None] = (), **fields: Any
) -> AsyncIterator[tuple[Server, ExplorerRpc]]:
    async with SERVERS[kind](ledger or Ledger(), faults) as server, asked(kind, server, **fields) as rpc:
        yield server, rpc


@KINDS
async def test_balances_and_decimals_at_the_pinned_block(kind: str) -> None:
    async with reading(kind) as (server, rpc):
        await ADAPTER.check_chain(rpc)
        readings = await ADAPTER.balances(rpc, PIN, KEYS)
        assert await ADAPTER.decimals(rpc, PIN, ERC20) == explorers.DECIMALS
    assert (readings.block, list(readings.amounts), readings.failures) == (PIN, AMOUNTS, {})
    assert rpc.counters.requests == len(server.queries)
    assert (rpc.counters.bytes_up > 0, rpc.counters.bytes_down > 0, rpc.counters.retries) == (True, True, 0)


@KINDS
async def test_the_pinned_block_is_confirmed_but_no_final_one_is_named(kind: str) -> None:
    async with SERVERS[kind](Ledger()) as server:
        async with asked(kind, server) as rpc:
            assert (await ADAPTER.block_at(rpc, height=HEIGHT)).hash == PIN.hash
        async with open_provider(configured(kind, server.url)) as rpc:
            with pytest.raises(RpcFault, match="names no final block"):
                await ADAPTER.final_block(rpc)


@KINDS
async def test_a_configured_depth_makes_an_explorer_name_a_final_block(kind: str) -> None:
    async with reading(kind, final_depth=64) as (_, rpc):
        assert (await ADAPTER.final_block(rpc)).height == 1_100 - 64


@KINDS
async def test_a_block_that_was_not_announced_is_refused(kind: str) -> None:
    """Fault: a balance silently answered from another block than the one asked for."""
    other = BlockRef(HEIGHT + 1, block(HEIGHT + 1)["hash"])
    async with reading(kind) as (server, rpc):
        with pytest.raises(Pruned):
            await ADAPTER.balances(rpc, other, KEYS)
        for at in ("latest", "pending", "0xzz", 1000, None):
            with pytest.raises(Pruned):
                await rpc.call("eth_getBalance", (FIRST, at))
    assert not any(query.get("action") == "balancehistory" for query in server.queries)


@KINDS
async def test_another_history_at_that_height_voids_every_answer(kind: str) -> None:
    pinned = [("eth_getBalance", (FIRST, {"blockHash": PIN.hash})), ("eth_getBalance", (FIRST, hex(HEIGHT)))]
    async with reading(kind, Ledger(fork="b")) as (_, rpc):
        by_hash, by_height = await rpc.batch(pinned)
        assert isinstance(by_hash, Pruned)
        assert "hash is not currently canonical" in str(by_hash)
        assert by_height == hex(balance(FIRST)), "asked of that height, whatever its hash"
        with pytest.raises(Reorged):
            await ADAPTER.balances(rpc, PIN, KEYS)


@KINDS
async def test_what_an_explorer_cannot_do_is_refused_and_costs_nothing(kind: str) -> None:
    pin = {"blockHash": PIN.hash}
    calls: list[tuple[str, tuple[object, ...]]] = [
        ("eth_getProof", (FIRST, [], pin)),
        ("eth_call", ({"to": TOKEN, "data": "0x313ce567"}, pin, {TOKEN: {"code": "0x00"}})),
        ("eth_call", ({"to": TOKEN, "data": "0x313ce567", "gas": "0x1"}, pin)),
        ("eth_call", ({"data": "0x00"}, pin)),
        ("eth_getBlockByNumber", ("0x1", True)),
        ("web3_clientVersion", ()),
    ]
    async with reading(kind) as (server, rpc):
        for method, params in calls:
            with pytest.raises(RpcFault) as caught:
                await rpc.call(method, params)
            assert caught.value.code == -32601
        assert server.queries == []


# ---- not an amount, and never zero


@pytest.mark.parametrize(
    "said",
    [
        "",
        None,
        0,
        7,
        1e18,
        "0x7",
        "-1",
        "1.5",
        "1e18",
        "1,000",
        "٣",
        [],
        {"status": "1", "message": "OK"},
        {"status": "0", "message": "No transactions found", "result": []},
        {"status": "0", "message": "NOTOK", "result": "Error! Invalid address format"},
        {"result": "7"},
    ],
)
async def test_etherscan_what_is_no_string_of_digits_is_no_balance(said: object) -> None:
    async with reading("etherscan", Ledger(said={FIRST: said})) as (_, rpc):
        await no_amount(rpc)


@pytest.mark.parametrize("said", [None, "0x", "", "zz", 7])
async def test_blockscout_an_unindexed_or_odd_balance_is_no_balance(said: object) -> None:
    async with reading("blockscout", Ledger(said={FIRST: said})) as (_, rpc):
        await no_amount(rpc)


@pytest.mark.parametrize(
    "said",
    [
        "",
        7,
        "1e-7",
        "-1",
        "1,000.5",
        ".5",
        "5.",
        "0." + "0" * 18 + "1",
        {"address": "0x" + "9" * 40},
        {"height": "999"},
        {"tokenContractAddress": TOKEN},
        {"balance": None},
    ],
)
async def test_oklink_what_is_not_exact_or_about_something_else_is_no_balance(said: object) -> None:
    async with reading("oklink", Ledger(said={FIRST: said})) as (_, rpc):
        await no_amount(rpc)


async def no_amount(rpc: ExplorerRpc) -> None:
    """The bad key fails, or the whole question does; its neighbours are exact or unread."""
    try:
        readings = await ADAPTER.balances(rpc, PIN, KEYS)
    except Malformed:
        return
    assert set(readings.failures) == {0}
    assert list(readings.amounts) == [None, *AMOUNTS[1:]]
    assert readings.failures[0].reason in (Reason.REFUSED, Reason.EMPTY, Reason.MALFORMED)


@pytest.mark.parametrize(
    ("said", "amount"),
    [
        ("0", 0),
        ("12", 12 * 10**18),
        ("0.000000000000000001", 1),
        ("3.50", 35 * 10**17),
        ("1.0000000000000000000", 10**18),
    ],
)
async def test_oklink_whole_coins_are_scaled_exactly(said: str, amount: int) -> None:
    async with reading("oklink", Ledger(said={FIRST: said})) as (_, rpc):
        readings = await ADAPTER.balances(rpc, PIN, KEYS[:1])
    assert list(readings.amounts) == [amount]


async def test_a_key_without_history_is_pruned_and_not_answered_from_the_newest_block() -> None:
    async with EtherscanServer(Ledger(), paid=False) as server, asked("etherscan", server) as rpc:
        with pytest.raises(Pruned, match="no balances of past blocks with this key"):
            await ADAPTER.balances(rpc, PIN, KEYS)


# ---- traps of the transport


TRANSIENT: dict[str, list[explorers.Fault]] = {
    "etherscan": [
        explorers.not_ok("Max rate limit reached, please use API Key for higher rate limit"),
        explorers.not_ok("Max calls per sec rate limit reached (2/sec), upgrade to API Pro for more"),
        explorers.not_ok("Query Timeout occured. Please select a smaller result dataset"),
        explorers.json([]),
        explorers.json({"status": "2"}),
    ],
    "blockscout": [explorers.json({"jsonrpc": "2.0", "id": 10**9, "result": "0x0"})],
    "oklink": [
        explorers.json({"code": "50011", "msg": "Too Many Requests", "data": []}),
        explorers.json({"code": 0, "data": []}),
        explorers.json("0"),
    ],
}
COMMON: list[explorers.Fault] = [
    explorers.text("<!doctype html><title>Just a moment...</title>"),
    explorers.text("<html>slow down</html>", status=403),
    explorers.text("", status=429),
    explorers.text("bad gateway", status=502, kind="text/plain"),
    explorers.text('{"status":"1","message":"OK","result":"12', kind="application/json"),
]


@pytest.mark.parametrize(
    ("kind", "fault"), [(kind, fault) for kind in SERVERS for fault in (*TRANSIENT[kind], *COMMON)]
)
async def test_a_passing_fault_is_asked_again_and_nothing_is_lost(kind: str, fault: explorers.Fault) -> None:
    pauses: list[float] = []
    async with SERVERS[kind](Ledger(), [fault]) as server, asked(kind, server, pauses=pauses) as rpc:
        readings = await ADAPTER.balances(rpc, PIN, KEYS)
    assert list(readings.amounts) == AMOUNTS
    assert (len(pauses), rpc.counters.retries) == (1, 1)


@KINDS
async def test_a_lasting_rate_limit_is_said_and_is_no_balance(kind: str) -> None:
    fault = TRANSIENT[kind][0] if kind != "blockscout" else explorers.text("", status=429)
    async with reading(kind, faults=repeat(fault)) as (_, rpc):
        with pytest.raises(RateLimited, match="faulty"):
            await ADAPTER.balances(rpc, PIN, KEYS)


@KINDS
async def test_a_budget_ends_the_questions_before_they_are_sent(kind: str) -> None:
    async with reading(kind, requests_max=3, in_flight_max=1) as (server, rpc):
        with pytest.raises(OverBudget, match="faulty: its budget of 3 requests is spent"):
            await ADAPTER.balances(rpc, PIN, KEYS)
        assert len(server.queries) == rpc.counters.requests == 3


@pytest.mark.parametrize(
    ("kind", "fault"),
    [
        ("etherscan", explorers.not_ok("Invalid API Key")),
        ("oklink", explorers.json({"code": "50111", "msg": "Invalid OK-ACCESS-KEY", "data": []})),
        ("blockscout", explorers.text("", status=401)),
    ],
)
async def test_a_refused_key_is_not_asked_again(kind: str, fault: explorers.Fault) -> None:
    async with reading(kind, faults=repeat(fault)) as (server, rpc):
        with pytest.raises(ChainError) as caught:
            await ADAPTER.balances(rpc, PIN, KEYS[:1])
        assert not isinstance(caught.value, (Transport, RpcFault))
        assert len(server.queries) == 1


ECHOES: list[Callable[[str], explorers.Fault]] = [
    explorers.not_ok,
    lambda words: explorers.not_ok(f"Invalid API Key {words}"),
    lambda words: explorers.not_ok(f"API Pro endpoint {words}"),
    lambda words: explorers.not_ok("." * 490 + words),
    lambda words: explorers.json({"jsonrpc": "2.0", "id": 1, "error": words}),
    lambda words: explorers.json({"code": "51000", "msg": words, "data": []}),
    lambda words: explorers.json({"code": "50111", "msg": f"Invalid OK-ACCESS-KEY {words}", "data": []}),
    explorers.text,
    lambda words: explorers.text(words, status=404, kind="text/plain"),
]


@KINDS
@pytest.mark.parametrize("echo", ECHOES)
async def test_the_key_is_in_no_error(kind: str, echo: Callable[[str], explorers.Fault]) -> None:
    fault = repeat(echo(f"you sent apikey={CANARY}"))
    balance_of = ("eth_getBalance", (FIRST, {"blockHash": PIN.hash}))
    async with reading(kind, faults=fault, attempts_max=1) as (server, rpc):
        for method, params in (balance_of, ("eth_getBlockByNumber", ("0x1", False))):
            with pytest.raises(ChainError) as caught:
                await rpc.call(method, params)
            for link in causes(caught.value):
                assert CANARY not in f"{link} {link!r} {link.args} {vars(link)}"
        assert CANARY in f"{server.queries[0]} {server.headers[0]}", "and yet it was sent"


@KINDS
async def test_the_common_door_guards_explorers_too(kind: str) -> None:
    redirect = explorers.text("", status=302)
    async with reading(kind, faults=repeat(redirect)) as (server, rpc):
        with pytest.raises(Transport, match="a redirect, which is never followed"):
            await rpc.call("eth_getBlockByNumber", ("0x1", False))
        assert len(server.queries) == 3
    huge = explorers.text(" " * 5_000, kind="application/json")
    async with reading(kind, faults=[huge], body_bytes_max=4_000) as (_, rpc):
        with pytest.raises(TooLarge):
            await rpc.call("eth_getBlockByNumber", ("0x1", False))
    with pytest.raises(ChainError, match="the address of this URL is not allowed"):
        async with open_provider(configured(kind, "http://169.254.169.254/")):
            pass


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({"kind": "oklink"}, "names the network"),
        ({"kind": "etherscan", "url": "http://127.0.0.1/api?chainid=56"}, "another chainid"),
    ],
)
async def test_an_explorer_that_does_not_fit_is_not_opened(fields: dict[str, Any], why: str) -> None:
    with pytest.raises(ChainError, match=why):
        async with open_provider(provider(**({"url": "http://127.0.0.1/api"} | fields))):
            pass
