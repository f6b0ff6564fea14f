"""A provider URL cannot be made to reach a cloud's metadata service, by any spelling or any DNS answer."""

from __future__ import annotations

import socket
from ipaddress import ip_address
from typing import Any

import pytest
from aiohttp.abc import AbstractResolver, ResolveResult

from chains.errors import ChainError, Transport
from chains.rpc.egress import allowed
from tests.sim import faults
from tests.sim.client import ECHO, client
from tests.sim.faulty_rpc import FaultyRpc

FORBIDDEN = (
    "169.254.169.254",
    "169.254.0.1",
    "100.100.100.200",
    "168.63.129.16",
    "192.0.0.192",
    "224.0.0.1",
    "fd00:ec2::254",
    "fd20:ce::254",
    "fe80::1",
    "ff02::1",
    "::ffff:169.254.169.254",
    "64:ff9b::a9fe:a9fe",
    "2002:a9fe:a9fe::1",
)


class Names(AbstractResolver):
    """A DNS that gives each question the next of its answers: each a list of addresses."""

    def __init__(self, *answers: list[str]) -> None:
        self.answers = list(answers)

    async def resolve(self, host: str, port: int = 0, family: Any = 0) -> list[ResolveResult]:
        return [
            ResolveResult(
                hostname=host,
                host=address,
                port=port,
                family=socket.AF_INET6 if ":" in address else socket.AF_INET,
                proto=0,
                flags=socket.AI_NUMERICHOST,
            )
            for address in self.answers.pop(0)
        ]

    async def close(self) -> None:
        pass


@pytest.mark.parametrize("text", FORBIDDEN)
async def test_forbidden_addresses_are_refused_as_literals_and_by_name(text: str) -> None:
    assert not allowed(ip_address(text), allow_private=True)
    host = f"[{text}]" if ":" in text else text
    with pytest.raises(ChainError, match="faulty: the address of this URL is not allowed"):
        async with client(f"http://{host}/"):
            pass
    async with client("http://node.example/", resolver=Names([text])) as rpc:
        with pytest.raises(ChainError, match="faulty: its name leads to an address that is not allowed") as caught:
            await rpc.call("echo", (1,))
        assert not isinstance(caught.value, Transport)
        assert rpc.counters.requests == 1


@pytest.mark.parametrize(
    "url",
    [
        "http://2852039166/",
        "http://0xa9fea9fe/",
        "http://0xa9.0xfe.0xa9.0xfe/",
        "http://0251.0376.0251.0376/",
        "http://169.254.43518/",
        "http://169.254.169.254./",
        "http://[fe80::1%25eth0]/",
        "http://metadata.google.internal/",
        "http://METADATA.google.internal./computeMetadata/v1/",
        "http://user:pass@169.254.169.254:80/",
        "file:///etc/passwd",
        "ws://node.example/",
        "http:///",
        "",
    ],
)
async def test_no_spelling_gets_past(url: str) -> None:
    with pytest.raises(ChainError, match="faulty"):
        async with client(url):
            pass


async def test_odd_spellings_of_allowed_addresses_are_not_dialled() -> None:
    async with FaultyRpc(ECHO) as server, client(server.url.replace("127.0.0.1", "2130706433"), attempts_max=1) as rpc:
        with pytest.raises(ChainError, match="faulty"):
            await rpc.call("echo", (1,))
        assert server.requests == []


async def test_a_name_that_is_bound_anew_is_caught_when_it_is_dialled() -> None:
    async with FaultyRpc(ECHO, [faults.reset]) as server:
        port = server.url.rstrip("/").rpartition(":")[2]
        names = Names(["127.0.0.1"], ["169.254.169.254"])
        async with client(f"http://node.example:{port}/", resolver=names) as rpc:
            with pytest.raises(ChainError, match="leads to an address that is not allowed"):
                await rpc.call("echo", (1,))
        assert len(server.requests) == 1


async def test_of_several_addresses_the_forbidden_ones_are_never_dialled() -> None:
    async with FaultyRpc(ECHO) as server:
        port = server.url.rstrip("/").rpartition(":")[2]
        names = Names(["169.254.169.254", "fd00:ec2::254", "127.0.0.1"])
        async with client(f"http://node.example:{port}/", resolver=names) as rpc:
            assert await rpc.call("echo", (1,)) == 1


@pytest.mark.parametrize("text", ["127.0.0.1", "10.1.2.3", "192.168.1.1", "::1", "fd12::1", "0.0.0.0", "100.64.0.1"])
async def test_private_addresses_are_a_matter_of_config(text: str) -> None:
    assert allowed(ip_address(text), allow_private=True)
    host = f"[{text}]" if ":" in text else text
    async with client(f"http://{host}/", allow_private=True):
        pass
    with pytest.raises(ChainError, match="not allowed"):
        async with client(f"http://{host}/", allow_private=False):
            pass
    async with client("http://node.example/", allow_private=False, resolver=Names([text])) as rpc:
        with pytest.raises(ChainError, match="not allowed"):
            await rpc.call("echo", (1,))


def test_public_addresses_are_allowed() -> None:
    for text in ("1.1.1.1", "2606:4700::1111", "::ffff:1.1.1.1", "64:ff9b::101:101"):
        assert allowed(ip_address(text), allow_private=False)


async def test_a_proxy_may_be_local_but_not_a_metadata_service() -> None:
    async with FaultyRpc(ECHO) as proxy, client("http://node.example/", proxy=proxy.url, allow_private=False) as rpc:
        assert await rpc.call("echo", (1,)) == 1
    with pytest.raises(ChainError, match="proxy"):
        async with client("http://node.example/", proxy="http://169.254.169.254/"):
            pass
