"""The scripted server itself, checked with a plain HTTP client: the client under test is not its own witness."""

from __future__ import annotations

from collections.abc import AsyncIterator
from itertools import islice, repeat
from typing import Any

import aiohttp
import orjson
import pytest

from chains.errors import RpcFault
from tests.sim import faults
from tests.sim.faulty_rpc import FaultyRpc, Methods


def _refuse() -> None:
    raise RpcFault(3, "execution reverted")


ECHO: Methods = {"echo": lambda value: value, "refuse": _refuse}
TWO = [{"jsonrpc": "2.0", "id": number, "method": "echo", "params": [number * 10]} for number in (7, 8)]


@pytest.fixture
async def session() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as session:
        yield session


async def ask(session: aiohttp.ClientSession, server: FaultyRpc, body: object) -> tuple[int, bytes]:
    async with session.post(server.url, data=orjson.dumps(body), allow_redirects=False) as response:
        return response.status, await response.read()


async def test_speaks_the_protocol(session: aiohttp.ClientSession) -> None:
    async with FaultyRpc(ECHO) as server:
        status, body = await ask(session, server, TWO[0])
        assert (status, orjson.loads(body)) == (200, {"jsonrpc": "2.0", "id": 7, "result": 70})
        _, body = await ask(session, server, TWO)
        assert [(reply["id"], reply["result"]) for reply in orjson.loads(body)] == [(7, 70), (8, 80)]
        for method, code in (("refuse", 3), ("nosuch", -32601)):
            _, body = await ask(session, server, TWO[0] | {"method": method, "params": []})
            assert orjson.loads(body)["error"]["code"] == code
        assert server.sizes == [1, 2, 1, 1]
        assert server.in_flight_max == 1


async def ids(session: aiohttp.ClientSession, fault: faults.Fault) -> list[Any]:
    async with FaultyRpc(ECHO, [fault]) as server:
        _, body = await ask(session, server, TWO)
        return [reply.get("id") for reply in orjson.loads(body)]


async def test_tampers_with_ids_as_named(session: aiohttp.ClientSession) -> None:
    assert await ids(session, faults.missing_id) == [7]
    assert await ids(session, faults.wrong_id) == [7, 10**9]
    assert await ids(session, faults.text_id) == [7, "8"]
    assert await ids(session, faults.duplicate_id) == [7, 7]
    assert await ids(session, faults.extra_id) == [7, 8, 10**9]
    assert await ids(session, faults.repeated) == [7, 8, 8]
    assert await ids(session, faults.reordered) == [8, 7]


async def test_follows_its_script_and_then_serves(session: aiohttp.ClientSession) -> None:
    script = [faults.status(503, Retry_After="9"), None, faults.html_200(), faults.truncated, faults.redirect("/x")]
    async with FaultyRpc(ECHO, script) as server:
        seen = [await ask(session, server, TWO) for _ in range(6)]
    assert [status for status, _ in seen] == [503, 200, 200, 200, 302, 200]
    assert seen[2][1].startswith(b"<")
    with pytest.raises(orjson.JSONDecodeError):
        orjson.loads(seen[3][1])
    assert orjson.loads(seen[5][1]) == orjson.loads(seen[1][1])


@pytest.mark.parametrize("fault", [faults.reset, faults.cut, faults.broken_gzip])
async def test_breaks_the_connection(session: aiohttp.ClientSession, fault: faults.Fault) -> None:
    async with FaultyRpc(ECHO, [fault]) as server:
        with pytest.raises(aiohttp.ClientError):
            await ask(session, server, TWO)


async def test_never_ends(session: aiohttp.ClientSession) -> None:
    async with FaultyRpc(ECHO, [faults.endless, faults.slowloris]) as server:
        async with session.post(server.url, json=TWO) as response:
            assert len(await response.content.readexactly(1_000_000)) == 1_000_000
            response.close()
        async with session.post(server.url, json=TWO) as response:
            assert await response.content.readexactly(1) == b"["
            assert not response.content.at_eof()
            response.close()


async def test_a_bomb_is_small_on_the_wire(session: aiohttp.ClientSession) -> None:
    server = FaultyRpc(ECHO, [faults.gzip_bomb(10_000_000)])
    async with server, session.post(server.url, json=TWO) as response:
        assert response.content_length is not None
        assert response.content_length < 20_000
        assert len(await response.read()) == 10_000_000


async def test_fails_over_to_another_chain(session: aiohttp.ClientSession) -> None:
    async with FaultyRpc({"eth_chainId": lambda: "0x1"}, failover=(2, {"eth_chainId": lambda: "0x2"})) as server:
        call = {"jsonrpc": "2.0", "id": 1, "method": "eth_chainId", "params": []}
        seen = [orjson.loads((await ask(session, server, call))[1])["result"] for _ in range(4)]
    assert seen == ["0x1", "0x1", "0x2", "0x2"]


async def test_poison_and_limits_depend_on_the_calls(session: aiohttp.ClientSession) -> None:
    async with FaultyRpc(ECHO, repeat(faults.poisoned("80"))) as server:
        assert orjson.loads((await ask(session, server, TWO))[1])["id"] is None
        assert orjson.loads((await ask(session, server, TWO[0]))[1])["result"] == 70
        assert orjson.loads((await ask(session, server, TWO[1]))[1])["error"]["message"] == "invalid address"
    async with FaultyRpc(ECHO, repeat(faults.batch_limit(1, as_geth=True))) as server:
        (reply,) = orjson.loads((await ask(session, server, TWO))[1])
        assert (reply["id"], reply["error"]["message"]) == (7, "batch too large")


def test_a_storm_is_repeatable_by_its_seed() -> None:
    kinds = (faults.truncated, faults.reset)
    first, again, other = (list(islice(faults.storm(*kinds, seed=seed), 200)) for seed in (1, 1, 2))
    assert first == again != other
    assert 60 < first.count(None) < 140
