"""Provider faults 1-4, 7, 11, 16 and 17 of the promises, made to happen to the real client over real HTTP."""

from __future__ import annotations

import asyncio
from itertools import repeat
from typing import Any

import pytest
from aiohttp.abc import AbstractResolver, ResolveResult

from chains.adapter import Json
from chains.errors import ChainError, Malformed, NoMethod, Pruned, RateLimited, RpcFault, TooLarge, Transport
from tests.sim import faults
from tests.sim.client import ECHO, client, echoes
from tests.sim.faulty_rpc import FaultyRpc, Methods

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


async def test_a_sound_answer_counts_whatever_its_content_type() -> None:
    async def named_html(exchange: faults.Exchange) -> Any:
        response = exchange.answer(exchange.healthy())
        response.content_type = "text/html"
        return response

    async with FaultyRpc(ECHO, repeat(named_html)) as server, client(server.url) as rpc:
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
            async with asyncio.timeout(4):
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
