"""JSON-RPC a line at a time over TCP or TLS, as Electrum servers speak it: one connection, many requests in flight.

The same door as HTTP to those behind it (http.py): bounded answers, a deadline for each, errors in our own words. An
answer is led to its request by the ids in it, for servers answer out of order and tell news in between.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from importlib.metadata import version
from ipaddress import ip_address

import orjson
from yarl import URL

from chains.adapter import Json
from chains.errors import ChainError, Malformed, TimedOut, TooLarge, Transport
from chains.redact import redact, register
from chains.rpc.egress import allowed, check_url
from chains.rpc.http import Counters
from chains.rpc.wire import HttpAnswer
from chains.spec import ProviderSpec

PROTOCOLS = ("1.4", "1.6")
"""Later ones have lost blockchain.scripthash.*."""
_GREETING = 0


class LineDoor:
    """Made by ``open_lines``. Connects when it is first asked, and again when the connection was lost."""

    def __init__(self, spec: ProviderSpec, url: URL) -> None:
        self._spec, self._url = spec, url
        self._waiting: dict[int, asyncio.Future[bytes]] = {}
        self._writer: asyncio.StreamWriter | None = None
        self._reading: asyncio.Task[None] | None = None
        self._connecting = asyncio.Lock()
        self.counters = Counters()

    async def get(self, path: str, query: Mapping[str, str | list[str]], *, units: int) -> HttpAnswer:
        """Raises ChainError: this door knows no paths."""
        raise self._error(ChainError, "it speaks JSON-RPC only")

    async def post(self, payload: bytes, path: str = "", *, units: int) -> HttpAnswer:
        """The whole answer within the deadline and the size cap. Raises Transport, TooLarge, OverBudget, ChainError."""
        assert not path, "JSON-RPC has no paths"
        self.counters.spend(self._spec, size=len(payload) + 1, units=units)
        try:
            async with asyncio.timeout(self._spec.timeout_s):
                async with self._connecting:
                    if self._writer is None:
                        await self._connect()
                body = await self._exchange(payload)
        except TimeoutError:
            raise self._error(TimedOut, f"no complete answer within {self._spec.timeout_s:g} s") from None
        return HttpAnswer(status=200, is_html=False, retry_after_s=None, body=body)

    async def close(self) -> None:
        self._lost(self._error(Transport, "the connection was closed"))
        if self._reading is not None:
            self._reading.cancel()
            with suppress(asyncio.CancelledError):
                await self._reading

    async def _exchange(self, payload: bytes) -> bytes:
        asked = orjson.loads(payload)
        numbers = [request["id"] for request in asked] if isinstance(asked, list) else [asked["id"]]
        answer: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()
        self._waiting.update(dict.fromkeys(numbers, answer))
        try:
            if self._writer is None:
                raise self._error(Transport, "the connection was lost")
            self._writer.write(payload + b"\n")
            await self._writer.drain()
            return await answer
        except OSError:
            raise self._error(Transport, "the connection was lost") from None
        finally:
            for number in numbers:
                self._waiting.pop(number, None)
            answer.cancel()

    async def _connect(self) -> None:
        """Connects and agrees on a protocol. Raises Transport; ChainError where there is none to agree on."""
        reader, self._writer = await self._dial()
        self._reading = asyncio.create_task(self._read(reader, self._writer), name=f"read {self._spec.name}")
        asked = {
            "jsonrpc": "2.0",
            "id": _GREETING,
            "method": "server.version",
            "params": [f"assay/{version('assay')}", list(PROTOCOLS)],
        }
        agreed = False
        try:
            match orjson.loads(await self._exchange(orjson.dumps(asked))):
                case {"result": [str(), str(protocol)]}:
                    agreed = _number(PROTOCOLS[0]) <= _number(protocol) <= _number(PROTOCOLS[1])
        finally:  # whatever went wrong, nothing else may be asked over a connection without an agreement
            if not agreed:
                self._lost(self._error(Transport, "the connection was closed"))
        if not agreed:
            raise self._error(ChainError, f"it speaks no protocol from {PROTOCOLS[0]} to {PROTOCOLS[1]}")

    async def _dial(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """To an address that may be asked: the one that was checked is the one that is dialled."""
        host, port = self._url.host or "", self._url.port or 0
        secure = ssl.create_default_context() if self._url.scheme == "ssl" else None
        try:
            found = await asyncio.get_running_loop().getaddrinfo(host, port, type=1)
        except OSError:
            raise self._error(Transport, "its name does not resolve") from None
        peers = [str(info[4][0]) for info in found]
        open_to = [
            peer
            for peer in peers
            if allowed(ip_address(peer.partition("%")[0]), allow_private=self._spec.allow_private)
        ]
        if peers and not open_to:
            raise self._error(ChainError, "its name leads to an address that is not allowed")
        failure = self._error(Transport, "cannot connect")
        for peer in open_to:
            try:
                return await asyncio.open_connection(
                    peer, port, limit=self._spec.body_bytes_max, ssl=secure, server_hostname=host if secure else None
                )
            except ssl.SSLError:
                failure = self._error(Transport, "TLS failed")
            except OSError:
                continue
        raise failure

    async def _read(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Until the connection ends; whoever still waits then learns why."""
        failure: ChainError = self._error(Transport, "the connection was lost")
        try:
            while line := await reader.readline():
                self.counters.bytes_down += len(line)
                if (problem := self._deliver(line)) is not None:
                    failure = problem
                    break
        except ValueError:  # readline's word for a line beyond its limit
            failure = self._error(TooLarge, f"an answer of more than {self._spec.body_bytes_max} bytes")
        except OSError:
            pass
        if self._writer is writer:
            self._lost(failure)

    def _deliver(self, line: bytes) -> ChainError | None:
        """Leads a line to who waits for it; the error that ends the connection where it cannot be told who does."""
        try:
            said: Json = orjson.loads(line)
        except orjson.JSONDecodeError:
            return self._error(Malformed, "a line that is not JSON")
        items = said if isinstance(said, list) else [said]
        if isinstance(said, dict) and "method" in said:
            return None  # news, such as a new block
        numbers = [item.get("id") for item in items if isinstance(item, dict)]
        waiting = {self._waiting[number] for number in numbers if type(number) is int and number in self._waiting}
        if not waiting and numbers and all(number is not None for number in numbers):
            return None  # too late: nobody waits any more
        if not waiting:
            waiting = set(self._waiting.values())  # an error about a whole batch bears no id
        if len(waiting) != 1:
            return self._error(Malformed, "an answer that belongs to no request, or to several")
        for answer in waiting:
            if not answer.done():
                answer.set_result(line)
        return None

    def _lost(self, failure: ChainError) -> None:
        writer, self._writer = self._writer, None
        if writer is not None:
            writer.close()
        for answer in set(self._waiting.values()):
            if not answer.done():
                answer.set_exception(failure)

    def _error(self, kind: type[ChainError], what: str) -> ChainError:
        return kind(redact(f"{self._spec.name}: {what}"))


@asynccontextmanager
async def open_lines(spec: ProviderSpec) -> AsyncIterator[LineDoor]:
    """Registers the secrets and checks where the URL leads. Raises ChainError."""
    for secret in spec.secrets():
        register(secret)
    url = check_url(spec.name, spec.url, allow_private=spec.allow_private, schemes=spec.schemes)
    if url.port is None:
        raise ChainError(f"{spec.name}: the URL of an Electrum server names its port")
    if spec.proxy:
        raise ChainError(f"{spec.name}: an Electrum server is not asked through a proxy")
    door = LineDoor(spec, url)
    try:
        yield door
    finally:
        await door.close()


def _number(protocol: str) -> tuple[int, ...]:
    """1.4.2 as (1, 4); what is no number is no protocol we know."""
    parts = protocol.split(".")[:2]
    return tuple(int(part) for part in parts) if all(part.isdecimal() for part in parts) else ()
