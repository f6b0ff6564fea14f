"""Planted keys: whatever a provider does, no key leaves the client in an error."""

from __future__ import annotations

import base64
import traceback
from collections.abc import Iterator
from itertools import repeat
from typing import Any

import pytest
from aiohttp.abc import AbstractResolver, ResolveResult

from chains.errors import ChainError
from chains.rpc import HttpRpc
from chains.spec import ProviderSpec
from tests.sim import faults
from tests.sim.client import ECHO, client, provider
from tests.sim.faulty_rpc import FaultyRpc

PATH, QUERY, HEADER, PASSWORD, PROXY_PASSWORD = (
    "canaryPath0a1b2c3d4e5f",
    "canary/Query+9z8y7x",
    "canary-header-77aa88bb",
    "canary:pass word@1",
    "canaryProxy5k4j3h2g",
)
BASIC = base64.b64encode(f"auditor:{PASSWORD}".encode()).decode()
CANARIES = (
    PATH,
    PATH[:10],
    QUERY,
    "canary%2FQuery%2B9z8y7x",
    HEADER,
    PASSWORD,
    "canary%3Apass%20word%401",
    BASIC,
    PROXY_PASSWORD,
)
ECHOED = f"you sent /{PATH}?key=canary%2FQuery%2B9z8y7x with Basic {BASIC} and Bearer {HEADER}"


def planted(url: str) -> tuple[str, dict[str, Any]]:
    """The URL and fields of a provider with a key in every place that takes one."""
    base = url.replace("://", "://auditor:canary%3Apass%20word%401@")
    return f"{base}v2/{PATH}?key=canary%2FQuery%2B9z8y7x", {"headers": {"X-Api-Key": f"Bearer {HEADER}"}}


def chain(error: BaseException) -> Iterator[BaseException]:
    seen: list[BaseException] = []
    waiting: list[BaseException | None] = [error]
    while waiting:
        link = waiting.pop()
        if link is not None and link not in seen:
            seen.append(link)
            waiting += [link.__cause__, link.__context__]
    return iter(seen)


def assert_clean(error: BaseException) -> None:
    texts = traceback.format_exception(error)
    for link in chain(error):
        texts += [str(link), repr(link), str(link.args), str(getattr(link, "data", "")), str(vars(link))]
    for text in texts:
        for canary in CANARIES:
            assert canary not in text


async def refused_with(rpc: HttpRpc) -> ChainError:
    with pytest.raises(ChainError) as caught:
        await rpc.call("echo", (1,))
    assert "faulty" in str(caught.value)
    assert_clean(caught.value)
    return caught.value


async def data_echo(exchange: faults.Exchange) -> Any:
    reply = faults.error(exchange.calls[0], 3, ECHOED * 3)
    reply["error"]["data"] = {"request": [ECHOED, {"header": HEADER}]}
    return faults.json_response(reply)


@pytest.mark.parametrize(
    "fault",
    [
        faults.status(429, ECHOED),
        faults.status(503, ECHOED),
        faults.status(502, ECHOED),
        faults.status(401, ECHOED),
        faults.status(403, ECHOED, "text/plain"),
        faults.status(404, ECHOED, "text/plain"),
        faults.status(413, ECHOED),
        faults.status(200, ECHOED),
        faults.redirect(f"/elsewhere/{PATH}"),
        faults.truncated,
        faults.cut,
        faults.reset,
        faults.broken_gzip,
        faults.wrong_id,
        faults.not_rpc({"message": ECHOED}),
        faults.not_rpc({"error": ECHOED}),
        faults.refused(-32000, ECHOED),
        faults.refused(-32000, f"missing trie node: {ECHOED}"),
        faults.refused(-32005, ECHOED),
        faults.refused(-32003, f"response too large: {ECHOED}", http=500),
        # cut in the middle of a key, were it cut before it is redacted
        *[faults.refused(-32000, "." * dots + PATH) for dots in (480, 485, 489)],
        data_echo,
        faults.endless,
        faults.slowloris,
    ],
)
async def test_no_error_holds_a_key(fault: faults.Fault) -> None:
    async with FaultyRpc(ECHO, repeat(fault)) as server:
        url, fields = planted(server.url)
        async with client(url, attempts_max=2, body_bytes_max=100_000, timeout_s=0.2, **fields) as rpc:
            await refused_with(rpc)


class EchoingResolver(AbstractResolver):
    async def resolve(self, host: str, port: int = 0, family: Any = 0) -> list[ResolveResult]:
        raise OSError(f"no such name: {host}, {ECHOED}")

    async def close(self) -> None:
        pass


async def test_no_connection_error_holds_a_key() -> None:
    async with FaultyRpc(ECHO) as server:
        url, fields = planted(server.url)
    bad_proxy = f"http://auditor:{PROXY_PASSWORD}@{server.url.removeprefix('http://')}"
    for target, more in (
        (url, {}),
        (url.replace("http:", "https:"), {}),
        (url, {"proxy": bad_proxy}),
        (url.replace("127.0.0.1", "node.example"), {"resolver": EchoingResolver()}),
    ):
        async with client(target, attempts_max=2, **fields, **more) as rpc:
            await refused_with(rpc)


async def test_a_url_that_is_refused_is_not_shown() -> None:
    for base in ("ftp://node.example/", "http://169.254.169.254/", "http://[bad/", "http://node.example:99999/"):
        url, fields = planted(base)
        with pytest.raises(ChainError, match="faulty") as caught:
            async with client(url, **fields):
                pass
        assert_clean(caught.value)


async def test_the_credentials_do_reach_the_provider() -> None:
    async with FaultyRpc(ECHO) as server:
        url, fields = planted(server.url)
        async with client(url, **fields) as rpc:
            assert await rpc.call("echo", (5,)) == 5
        assert server.headers[0]["Authorization"] == f"Basic {BASIC}"
        assert server.headers[0]["X-Api-Key"] == f"Bearer {HEADER}"
        assert server.headers[0]["User-Agent"].startswith("assay/")
        assert server.paths[0].startswith(f"/v2/{PATH}?key=")


async def test_a_header_of_the_config_wins_whatever_its_case() -> None:
    async with FaultyRpc(ECHO) as server:
        url, _ = planted(server.url)
        async with client(url, headers={"authorization": f"Bearer {HEADER}", "user-agent": "auditor"}) as rpc:
            assert await rpc.call("echo", (5,)) == 5
        assert server.headers[0]["Authorization"] == f"Bearer {HEADER}"
        assert server.headers[0]["User-Agent"] == "auditor"


@pytest.mark.parametrize("headers", [{"X-Key": f"{HEADER}\n"}, {"X-Key\r\nEvil": HEADER}, {"X-Key": f"{HEADER}\0"}])
async def test_a_header_with_a_line_end_is_refused_at_once(headers: dict[str, str]) -> None:
    with pytest.raises(ChainError, match="faulty: a configured header") as caught:
        async with client("http://node.example/", headers=headers):
            pass
    assert_clean(caught.value)


async def test_a_proxy_is_asked_instead_and_gets_its_own_credentials() -> None:
    async with FaultyRpc(ECHO) as proxy:
        with_password = proxy.url.replace("://", f"://auditor:{PROXY_PASSWORD}@")
        async with client("http://node.example/rpc", proxy=with_password) as rpc:
            assert await rpc.call("echo", (5,)) == 5
        assert proxy.headers[0]["Host"] == "node.example"
        expected = base64.b64encode(f"auditor:{PROXY_PASSWORD}".encode()).decode()
        assert proxy.headers[0]["Proxy-Authorization"] == f"Basic {expected}"


async def test_the_environment_cannot_add_a_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    async with FaultyRpc(ECHO) as server, FaultyRpc(ECHO) as intruder:
        for name in ("http_proxy", "HTTP_PROXY", "ALL_PROXY"):
            monkeypatch.setenv(name, intruder.url)
        async with client(server.url) as rpc:
            assert await rpc.call("echo", (5,)) == 5
        assert intruder.requests == []


def test_a_provider_spec_does_not_print_its_secrets() -> None:
    url, fields = planted("http://node.example/")
    spec: ProviderSpec = provider(url, proxy=f"http://u:{PROXY_PASSWORD}@p.example/", **fields)
    for canary in CANARIES:
        assert canary not in f"{spec} {spec!r}"
