"""Provider faults 1-7, 11, 16 and 17 of the promises, made to happen to the real client over real HTTP."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from itertools import repeat
from typing import Any

import pytest
from aiohttp.abc import AbstractResolver, ResolveResult

from chains.adapter import Call, Json
from chains.errors import ChainError, Malformed, NoMethod, Pruned, RateLimited, RpcFault, TooLarge, Transport
from tests.sim import faults
from tests.sim.client import client
from tests.sim.faulty_rpc import FaultyRpc, Methods

ECHO: Methods = {"echo": lambda value: value}


def echoes(count: int) -> list[Call]:
    return [("echo", (number,)) for number in range(count)]


# ---- 1 storms: slow down, no loss


@pytest.mark.parametrize("code", [429, 503, 403])
async def test_a_storm_of_html_slows_the_client_down_and_loses_nothing(code: int) -> None:
    slept: list[float] = []
    async with FaultyRpc(ECHO, [faults.status(code)] * 3) as server, client(server.url, slept=slept) as rpc:
        assert await rpc.batch(echoes(3)) == [0, 1, 2]
        assert slept == [0.25, 0.5, 1.0]
        assert (rpc.counters.retries, rpc.counters.requests, rpc.counters.calls) == (3, 4, 3)


@pytest.mark.parametrize("seed", [1, 2, 3])
async def test_a_seeded_storm_of_everything_loses_nothing(seed: int) -> None:
    weather = faults.storm(
        faults.status(429, Retry_After="1"),
        faults.status(503),
        faults.status(403),
        faults.status(502),
        faults.html_200(),
        faults.truncated,
        faults.cut,
        faults.reset,
        faults.missing_id,
        faults.wrong_id,
        faults.duplicate_id,
        faults.extra_id,
        faults.reordered,
        faults.each_refused(-32005, "limit exceeded", after=3),
        seed=seed,
    )
    async with FaultyRpc(ECHO, weather) as server, client(server.url, batch_max=7, attempts_max=40) as rpc:
        assert await rpc.batch(echoes(200)) == list(range(200))
        assert rpc.counters.retries > 0


async def test_retry_after_is_honoured_up_to_a_minute() -> None:
    slept: list[float] = []
    storm = [
        faults.status(429, Retry_After="7"),
        faults.status(429, Retry_After="99999"),
        faults.status(503, Retry_After="Tue, 24 Nov 2026 00:00:09 GMT", Date="Tue, 24 Nov 2026 00:00:00 GMT"),
        faults.status(503, Retry_After="soon"),
    ]
    async with FaultyRpc(ECHO, storm) as server, client(server.url, slept=slept) as rpc:
        assert await rpc.call("echo", (1,)) == 1
    assert slept == [7.0, 60.0, 9.0, 2.0]


async def test_attempts_are_bounded_and_the_last_error_is_the_one_raised() -> None:
    async with FaultyRpc(ECHO, repeat(faults.status(429))) as server, client(server.url, attempts_max=3) as rpc:
        with pytest.raises(RateLimited, match="faulty: HTTP 429"):
            await rpc.call("echo", (1,))
        assert len(server.requests) == 3


async def test_only_the_calls_that_were_rate_limited_are_asked_again() -> None:
    script = [
        faults.each_refused(-32005, "limit exceeded", after=4),
        faults.each_refused(429, "compute units", after=5),
    ]
    async with FaultyRpc(ECHO, script) as server, client(server.url) as rpc:
        assert await rpc.batch(echoes(10)) == list(range(10))
        assert server.sizes == [10, 6, 1]


# ---- 2, 3, 4: what is not the protocol is never parsed into a value


@pytest.mark.parametrize(
    "fault",
    [
        faults.html_200(),
        faults.status(200, '[{"jsonrpc":"2.0","id":1,"result":5}]'),  # JSON named HTML
        faults.status(200, "", "application/json"),
        faults.truncated,
        faults.missing_id,
        faults.wrong_id,
        faults.text_id,
        faults.neither,
        faults.not_rpc({"message": "ok"}),
        faults.not_rpc([]),
        faults.not_rpc([1, 2, 3]),
        faults.not_rpc("0x1"),
        faults.not_rpc(None),
    ],
)
@pytest.mark.parametrize("count", [1, 3])
async def test_what_is_no_answer_is_retried(fault: faults.Fault, count: int) -> None:
    async with FaultyRpc(ECHO, [fault, fault]) as server, client(server.url) as rpc:
        assert await rpc.batch(echoes(count)) == list(range(count))
        assert server.sizes == [count] * 3
    async with FaultyRpc(ECHO, repeat(fault)) as server, client(server.url) as rpc:
        with pytest.raises(Malformed, match="faulty"):
            await rpc.batch(echoes(count))


@pytest.mark.parametrize("fault", [faults.duplicate_id, faults.extra_id, faults.repeated])
async def test_a_batch_with_surplus_answers_is_retried(fault: faults.Fault) -> None:
    async with FaultyRpc(ECHO, [fault]) as server, client(server.url) as rpc:
        assert await rpc.batch(echoes(3)) == [0, 1, 2]
        assert server.sizes == [3, 3]


async def test_a_reordered_batch_is_matched_by_id() -> None:
    async with FaultyRpc(ECHO, [faults.reordered]) as server, client(server.url) as rpc:
        assert await rpc.batch(echoes(50)) == list(range(50))
        assert server.sizes == [50]


async def test_an_id_is_never_used_twice() -> None:
    async with FaultyRpc(ECHO, [faults.reset]) as server, client(server.url, batch_max=4) as rpc:
        await rpc.batch(echoes(10))
        await rpc.call("echo", (1,))
        used = [call["id"] for calls in server.requests for call in calls]
        assert len(set(used)) == len(used)


# ---- 5, 6: batches are split, what is bad is isolated


@pytest.mark.parametrize("as_geth", [False, True])
async def test_a_refused_batch_is_split_until_it_is_taken(as_geth: bool) -> None:
    limit = repeat(faults.batch_limit(5, as_geth=as_geth))
    async with FaultyRpc(ECHO, limit) as server, client(server.url) as rpc:
        assert await rpc.batch(echoes(32)) == list(range(32))
        assert max(size for size in server.sizes if size <= 5) == 4
        assert rpc.counters.retries == 0


@pytest.mark.parametrize(
    "refusal",
    [
        faults.refused(-32603, "something broke"),
        faults.refused(-32602, "bad parameters", http=400),
        faults.status(413),
        faults.status(400, "Bad Request", "text/plain"),
    ],
)
async def test_one_error_for_a_whole_batch_splits_it(refusal: faults.Fault) -> None:
    async with FaultyRpc(ECHO, [refusal]) as server, client(server.url) as rpc:
        assert await rpc.batch(echoes(5)) == [0, 1, 2, 3, 4]
        assert server.sizes == [5, 2, 3]


async def test_a_provider_without_batches_serves_single_calls() -> None:
    async with FaultyRpc(ECHO, repeat(faults.no_batches)) as server, client(server.url) as rpc:
        assert await rpc.batch(echoes(9)) == list(range(9))
        assert server.sizes.count(1) == 9


@pytest.mark.parametrize("http", [200, 500])
async def test_one_bad_address_costs_only_itself(http: int) -> None:
    calls: list[Call] = [("echo", (f"address {number}",)) for number in range(64)]
    calls[37] = ("echo", ("bad",))

    async def poison(exchange: faults.Exchange) -> Any:
        if any(call["params"] == ["bad"] for call in exchange.calls):
            return await faults.refused(-32602, "invalid address", http)(exchange)
        return await faults.healthy(exchange)

    async with FaultyRpc(ECHO, repeat(poison)) as server, client(server.url) as rpc:
        results = await rpc.batch(calls)
        refused = results[37]
        assert isinstance(refused, RpcFault)
        assert (refused.code, refused.message, str(refused)) == (
            -32602,
            "invalid address",
            "faulty: -32602: invalid address",
        )
        assert results[:37] + results[38:] == [call[1][0] for call in calls[:37] + calls[38:]]
        assert len(server.requests) == 1 + 2 * 6


async def test_a_refusal_without_id_of_a_batch_of_one_stands_in_its_place() -> None:
    async def anonymous(exchange: faults.Exchange) -> Any:
        return faults.json_response(faults.error(None, -32600, "invalid request"))

    async with FaultyRpc(ECHO, repeat(anonymous)) as server, client(server.url) as rpc:
        (result,) = await rpc.batch(echoes(1))
        assert isinstance(result, RpcFault)
        assert server.sizes == [1]


async def test_calls_refused_one_by_one_stay_in_their_places() -> None:
    def pick(number: int) -> int | RpcFault:
        return RpcFault(3, "execution reverted") if number % 2 else number

    async with FaultyRpc({"echo": pick}) as server, client(server.url) as rpc:
        results = await rpc.batch(echoes(6))
        assert [isinstance(result, RpcFault) for result in results] == [False, True] * 3
        assert results[::2] == [0, 2, 4]
        assert server.sizes == [6]


async def test_answers_cut_off_for_size_are_asked_again_in_smaller_batches() -> None:
    cut_off = faults.each_refused(-32003, "response too large", after=3)

    async def node(exchange: faults.Exchange) -> Any:
        return await (cut_off if len(exchange.calls) > 3 else faults.healthy)(exchange)

    async with FaultyRpc(ECHO, repeat(node)) as server, client(server.url) as rpc:
        assert await rpc.batch(echoes(20)) == list(range(20))
        assert server.sizes[0] == 20


async def test_a_size_once_refused_is_not_asked_again() -> None:
    async with FaultyRpc(ECHO, repeat(faults.no_batches)) as server, client(server.url) as rpc:
        for first in (True, False):
            server.requests.clear()
            assert await rpc.batch(echoes(20)) == list(range(20))
            assert (set(server.sizes) == {1}) is not first
        assert len(server.requests) == 20
    async with FaultyRpc(ECHO, repeat(faults.batch_limit(10))) as server, client(server.url) as rpc:
        assert await rpc.batch(echoes(64)) == list(range(64))
        server.requests.clear()
        assert await rpc.batch(echoes(64)) == list(range(64))
        assert server.sizes == [8] * 8


async def test_one_bad_parameter_makes_no_batches_smaller() -> None:
    spoilt = faults.poisoned("13")
    async with FaultyRpc(ECHO, repeat(spoilt)) as server, client(server.url) as rpc:
        await rpc.batch(echoes(20))
        server.requests.clear()
        assert await rpc.batch(echoes(12)) == list(range(12))
        assert server.sizes == [12]


async def test_a_call_too_heavy_even_alone_does_not_cost_its_neighbours() -> None:
    def heavy(number: int) -> int | RpcFault:
        return RpcFault(-32000, "execution aborted (timeout = 5s)") if number == 3 else number

    async with FaultyRpc({"echo": heavy}) as server, client(server.url) as rpc:
        results = await rpc.batch(echoes(6))
        assert [number for number, result in enumerate(results) if isinstance(result, RpcFault)] == [3]
        assert [result for result in results if not isinstance(result, RpcFault)] == [0, 1, 2, 4, 5]
        with pytest.raises(TooLarge, match="faulty: -32000: execution aborted"):
            await rpc.call("echo", (3,))


# ---- 7: nothing is not zero


@pytest.mark.parametrize("value", [None, "0x", ""])
async def test_empty_results_pass_through_as_they_are(value: Json) -> None:
    async with FaultyRpc(ECHO, repeat(faults.results(value))) as server, client(server.url) as rpc:
        assert await rpc.batch(echoes(3)) == [value] * 3
        assert await rpc.call("echo", (1,)) == value
        assert rpc.counters.retries == 0


async def test_bitcoind_says_error_null_beside_its_result() -> None:
    dialect = faults.replies(lambda sound: [reply | {"error": None} for reply in sound])
    async with FaultyRpc(ECHO, repeat(dialect)) as server, client(server.url) as rpc:
        assert await rpc.batch(echoes(3)) == [0, 1, 2]


# ---- refusals of single calls, whatever the status


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        (faults.refused(-8, "Block height out of range", http=500), RpcFault),
        (faults.refused(-32601, "no such method", http=404), NoMethod),
        (faults.refused(-32000, "missing trie node 00ff"), Pruned),
        (faults.refused(-32000, "missing trie node 00ff", http=403), Pruned),
        (faults.status(413), TooLarge),
        (faults.status(404, "nothing here", "text/plain"), ChainError),
        (faults.status(402, "{}", "application/json"), ChainError),
    ],
)
async def test_refusals_are_not_retried(fault: faults.Fault, expected: type[ChainError]) -> None:
    async with FaultyRpc(ECHO, repeat(fault)) as server, client(server.url) as rpc:
        with pytest.raises(expected, match="faulty") as caught:
            await rpc.call("echo", (1,))
        assert type(caught.value) is expected
        assert len(server.requests) == 1


@pytest.mark.parametrize("code", [401, 403])
@pytest.mark.parametrize("count", [1, 8])
async def test_refused_credentials_are_said_at_once(code: int, count: int) -> None:
    denied = repeat(faults.status(code, "denied", "text/plain"))
    async with FaultyRpc(ECHO, denied) as server, client(server.url) as rpc:
        with pytest.raises(ChainError, match=f"faulty: HTTP {code}, credentials refused") as caught:
            await rpc.batch(echoes(count))
        assert type(caught.value) is ChainError
        assert len(server.requests) == 1


@pytest.mark.parametrize("refusal", [(-32005, "limit exceeded"), (-28, "Loading block index..."), (-1, "rate limit")])
async def test_refusals_for_the_moment_are_retried(refusal: tuple[int, str]) -> None:
    async with FaultyRpc(ECHO, [faults.refused(*refusal)]) as server, client(server.url) as rpc:
        assert await rpc.call("echo", (1,)) == 1
        assert len(server.requests) == 2


# ---- 11: the server's side of a failover to another chain; the answer is checked by the adapters


async def test_a_failover_is_visible_to_the_caller() -> None:
    one, two = {"eth_chainId": lambda: "0x1"}, {"eth_chainId": lambda: "0x2"}
    async with FaultyRpc(one, failover=(1, two)) as server, client(server.url) as rpc:
        assert [await rpc.call("eth_chainId") for _ in range(3)] == ["0x1", "0x2", "0x2"]


# ---- 16: no body holds the client beyond its deadline or its memory


async def test_a_slow_body_meets_the_total_deadline() -> None:
    slow = repeat(faults.slowloris)
    async with FaultyRpc(ECHO, slow) as server, client(server.url, timeout_s=0.05, attempts_max=2) as rpc:
        with pytest.raises(Transport, match=r"faulty: no complete answer within 0\.05 s"):
            await rpc.call("echo", (1,))
        assert len(server.requests) == 2


@pytest.mark.parametrize("fault", [faults.endless, faults.gzip_bomb(50_000_000)])
async def test_an_oversized_body_meets_the_cap_and_is_not_retried(fault: faults.Fault) -> None:
    async with FaultyRpc(ECHO, repeat(fault)) as server, client(server.url, body_bytes_max=1_000_000) as rpc:
        with pytest.raises(TooLarge, match="faulty: an answer of more than 1000000 bytes"):
            await rpc.call("echo", (1,))
        assert len(server.requests) == 1
        assert rpc.counters.bytes_down < 2_000_000


async def test_a_batch_whose_answer_exceeds_the_cap_is_split() -> None:
    methods: Methods = {"echo": lambda number: "x" * 1000}
    async with FaultyRpc(methods) as server, client(server.url, body_bytes_max=5000) as rpc:
        assert await rpc.batch(echoes(10)) == ["x" * 1000] * 10
        assert server.sizes[0] == 10


# ---- 17: fail closed


class NoSuchName(AbstractResolver):
    async def resolve(self, host: str, port: int = 0, family: Any = 0) -> list[ResolveResult]:
        raise OSError(f"no such name: {host}")

    async def close(self) -> None:
        pass


async def test_a_dead_name_a_dead_port_and_plain_text_for_tls_are_transport_errors() -> None:
    async with FaultyRpc(ECHO) as server:
        closed_port = server.url
        async with client(server.url.replace("http:", "https:"), attempts_max=2) as rpc:
            with pytest.raises(Transport, match="faulty: TLS failed"):
                await rpc.call("echo", (1,))
            assert rpc.counters.retries == 1
    async with client(closed_port, attempts_max=2) as rpc:
        with pytest.raises(Transport, match="faulty: cannot connect"):
            await rpc.call("echo", (1,))
    async with client("http://node.example/", attempts_max=2, resolver=NoSuchName()) as rpc:
        with pytest.raises(Transport, match="faulty: its name does not resolve"):
            await rpc.call("echo", (1,))


@pytest.mark.parametrize(
    "fault", [faults.reset, faults.cut, faults.broken_gzip, faults.status(502), faults.status(408)]
)
async def test_broken_connections_are_retried(fault: faults.Fault) -> None:
    async with FaultyRpc(ECHO, [fault]) as server, client(server.url) as rpc:
        assert await rpc.call("echo", (1,)) == 1
        assert rpc.counters.retries == 1


async def test_a_redirect_is_not_followed() -> None:
    async with FaultyRpc(ECHO) as other, FaultyRpc(ECHO, repeat(faults.redirect(other.url))) as server:
        async with client(server.url, attempts_max=2) as rpc:
            with pytest.raises(Transport, match="faulty: HTTP 302, a redirect"):
                await rpc.call("echo", (1,))
        assert other.requests == []


# ---- the limits


class Gate:
    """Holds requests until ``count`` are open at once, then lets everything through."""

    def __init__(self, count: int) -> None:
        self.missing = count
        self.full = asyncio.Event()

    async def __call__(self, exchange: faults.Exchange) -> Any:
        self.missing -= 1
        if self.missing <= 0:
            for _ in range(100):  # turns of the loop in which one request too many could arrive
                await asyncio.sleep(0)
            self.full.set()
        await self.full.wait()
        return await faults.healthy(exchange)


@pytest.mark.parametrize("limit", [1, 3])
async def test_the_server_never_sees_more_than_the_limit_in_flight(limit: int) -> None:
    async with FaultyRpc(ECHO, repeat(Gate(limit))) as server, client(server.url, in_flight_max=limit) as rpc:
        results = await asyncio.gather(*(rpc.call("echo", (number,)) for number in range(20)))
        assert results == list(range(20))
        assert server.in_flight_max == limit


async def test_every_request_passes_the_rate_limiter(monkeypatch: pytest.MonkeyPatch) -> None:
    passed: list[float] = []

    async def acquire(limiter: Any, amount: float = 1) -> None:
        passed.append(limiter.max_rate / limiter.time_period)

    monkeypatch.setattr("aiolimiter.AsyncLimiter.acquire", acquire)
    for rate in (0.5, 25.0, 1000.0):
        passed.clear()
        async with FaultyRpc(ECHO, [faults.reset]) as server, client(server.url, per_second_max=rate) as rpc:
            await rpc.batch(echoes(3))
        assert passed == [rate, rate]


async def test_batches_are_never_larger_than_configured_and_all_is_counted() -> None:
    async with FaultyRpc(ECHO) as server, client(server.url, batch_max=8, in_flight_max=1) as rpc:
        assert await rpc.batch(echoes(20)) == list(range(20))
        assert await rpc.batch([]) == []
        assert sorted(server.sizes) == [4, 8, 8]
        assert (rpc.counters.calls, rpc.counters.requests) == (20, 3)
        assert rpc.counters.bytes_up > 20 * 40
        assert rpc.counters.bytes_down > 20 * 30


async def test_a_large_request_is_sent_whole() -> None:
    text = "x" * 3_000_000
    async with FaultyRpc({"length": len}) as server, client(server.url) as rpc:
        assert await rpc.call("length", (text,)) == 3_000_000


async def test_one_failing_part_fails_the_batch_with_its_own_error() -> None:
    script: Callable[[], Sequence[faults.Fault | None]] = lambda: [None, faults.status(401)]  # noqa: E731
    async with FaultyRpc(ECHO, script()) as server, client(server.url, batch_max=2, in_flight_max=1) as rpc:
        with pytest.raises(ChainError, match="credentials refused"):
            await rpc.batch(echoes(6))
