"""One provider's HTTP: bytes out, one bounded answer back, or an error that holds no secret."""

from __future__ import annotations

import asyncio
import base64
import io
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from importlib.metadata import version
from typing import Protocol
from urllib.parse import unquote

import aiohttp
from aiohttp.abc import AbstractResolver
from aiohttp.http_exceptions import HttpProcessingError
from multidict import CIMultiDict
from yarl import URL

from chains.errors import ChainError, OverBudget, TimedOut, TooLarge, Transport
from chains.redact import redact, register
from chains.rpc.egress import EgressRefused, check_url, guarded_socket
from chains.rpc.wire import HttpAnswer
from chains.spec import ProviderSpec

_RAW_BYTES_MAX = 1 << 20
"""Above it aiohttp wants a stream, which it sends piece by piece."""


@dataclass(slots=True)
class Counters:
    """What one provider was asked and what it cost. Bytes are of bodies; those received are counted decoded. Units are
    the provider's own, as far as config says what its methods cost.
    """

    calls: int = 0
    requests: int = 0
    retries: int = 0
    bytes_up: int = 0
    bytes_down: int = 0
    units: int = 0

    def spend(self, spec: ProviderSpec, *, size: int, units: int) -> None:
        """Count one request before it is made. Raises OverBudget where it would be one too many."""
        for what, after, limit in (
            ("requests", self.requests + 1, spec.requests_max),
            ("bytes", self.bytes_up + self.bytes_down + size, spec.bytes_max),
            ("units", self.units + units, spec.units_max),
        ):
            if limit is not None and after > limit:
                raise OverBudget(redact(f"{spec.name}: its budget of {limit} {what} is spent"))
        self.requests += 1
        self.bytes_up += size
        self.units += units


class Door(Protocol):
    """What carries requests to one provider. Paths are of REST APIs; JSON-RPC has none."""

    @property
    def counters(self) -> Counters: ...

    async def post(self, payload: bytes, path: str = "", *, units: int) -> HttpAnswer: ...

    async def get(self, path: str, query: Mapping[str, str | list[str]], *, units: int) -> HttpAnswer: ...


class HttpDoor:
    """Made by ``open_door``. One request at a time per caller; knows nothing of JSON."""

    def __init__(self, spec: ProviderSpec, url: URL, session: aiohttp.ClientSession) -> None:
        self._spec = spec
        self._url = url
        self._session = session
        self.counters = Counters()

    async def post(self, payload: bytes, path: str = "", *, units: int) -> HttpAnswer:
        """The whole answer within the deadline and the size cap. Raises Transport, TooLarge, OverBudget, ChainError."""
        return await self._request("POST", self._below(path), payload, units)

    async def get(self, path: str, query: Mapping[str, str | list[str]], *, units: int) -> HttpAnswer:
        """The same for a GET; ``query`` is added to the URL's own, which may hold a key."""
        return await self._request("GET", self._below(path).update_query(query), b"", units)

    def _below(self, path: str) -> URL:
        return (self._url / path).with_query(self._url.query) if path else self._url

    async def _request(self, method: str, url: URL, payload: bytes, units: int) -> HttpAnswer:
        self.counters.spend(self._spec, size=len(payload) if payload else len(url.raw_path_qs), units=units)
        failure: ChainError
        try:
            async with (
                asyncio.timeout(self._spec.timeout_s),
                self._session.request(
                    method,
                    url,
                    data=payload or None if len(payload) <= _RAW_BYTES_MAX else io.BytesIO(payload),
                    proxy=self._spec.proxy,
                    allow_redirects=False,
                ) as response,
            ):
                body = await self._read(response)
                return HttpAnswer(
                    status=response.status,
                    is_html="html" in response.headers.get("Content-Type", "") or body.lstrip()[:1] == b"<",
                    retry_after_s=_retry_after_s(response),
                    body=body,
                )
        except (aiohttp.ClientError, HttpProcessingError, OSError) as error:
            failure = self._failure(error)
        # Outside the handler: aiohttp's error knows the URL, and must not become our __context__.
        raise failure

    async def _read(self, response: aiohttp.ClientResponse) -> bytearray:
        body = bytearray()
        async for chunk in response.content.iter_any():
            body += chunk
            self.counters.bytes_down += len(chunk)
            if len(body) > self._spec.body_bytes_max:
                response.close()
                raise TooLarge(self._text(f"an answer of more than {self._spec.body_bytes_max} bytes"))
        return body

    def _failure(self, error: Exception) -> ChainError:
        """Our own words only: those of aiohttp may hold the URL."""
        if isinstance(error, aiohttp.ClientConnectorError) and isinstance(error.os_error, EgressRefused):
            return ChainError(self._text("its name leads to an address that is not allowed"))
        match error:
            case TimeoutError():
                what = f"no complete answer within {self._spec.timeout_s:g} s"
                return TimedOut(self._text(f"{what} ({type(error).__name__})"))
            case aiohttp.ClientConnectorDNSError():
                what = "its name does not resolve"
            case aiohttp.ClientSSLError() | aiohttp.ClientConnectorCertificateError():
                what = "TLS failed"
            case aiohttp.ClientProxyConnectionError() | aiohttp.ClientHttpProxyError():
                what = "its proxy failed"
            case aiohttp.ClientConnectorError():
                what = "cannot connect"
            case aiohttp.ClientPayloadError() | HttpProcessingError():
                what = "the body broke off or cannot be decoded"
            case _:
                what = "the connection was lost"
        return Transport(self._text(f"{what} ({type(error).__name__})"))

    def _text(self, what: str) -> str:
        return redact(f"{self._spec.name}: {what}")


@asynccontextmanager
async def open_door(spec: ProviderSpec, *, resolver: AbstractResolver | None = None) -> AsyncIterator[HttpDoor]:
    """Registers the secrets, checks where the URL leads, and keeps the connections. Raises ChainError.

    Behind a proxy it is the proxy that resolves names: only its own address, which the operator chose, and literal
    addresses in the URL can be checked here.
    """
    for secret in spec.secrets():
        register(secret)
    url = check_url(spec.name, spec.url, allow_private=spec.allow_private)
    if spec.proxy:
        check_url(f"{spec.name} (proxy)", spec.proxy, allow_private=True)
    connector = aiohttp.TCPConnector(
        limit=0,  # the client's own places are the limit
        resolver=resolver,
        use_dns_cache=False,  # connections are kept anyway, and a new one should follow the provider to a new address
        socket_factory=guarded_socket(allow_private=spec.allow_private or spec.proxy is not None),
    )
    async with aiohttp.ClientSession(
        connector=connector,
        headers=_headers(spec, url),
        cookie_jar=aiohttp.DummyCookieJar(),
        timeout=aiohttp.ClientTimeout(total=None),  # the deadline of each request covers all of it
        trust_env=False,
        auto_decompress=True,
    ) as session:
        yield HttpDoor(spec, url.with_user(None), session)


def _headers(spec: ProviderSpec, url: URL) -> CIMultiDict[str]:
    headers = CIMultiDict(
        {
            "User-Agent": f"assay/{version('assay')}",
            "Accept": "application/json",
            "Accept-Encoding": "gzip, deflate",
            "Content-Type": "application/json",
        }
    )
    if url.raw_user is not None:
        userinfo = f"{unquote(url.raw_user)}:{unquote(url.raw_password or '')}"
        headers["Authorization"] = "Basic " + base64.b64encode(userinfo.encode()).decode()
    for name, value in spec.headers.items():
        if not (name + value).isprintable():
            raise ChainError(redact(f"{spec.name}: a configured header holds a line end or a control character"))
        headers[name] = value
    return headers


def _retry_after_s(response: aiohttp.ClientResponse) -> float | None:
    """Seconds, or a date, which is measured against the server's own Date: its clock need not agree with ours."""
    text = response.headers.get("Retry-After", "")
    if text.isascii() and text.isdigit():
        return float(text)
    try:
        wait = parsedate_to_datetime(text) - parsedate_to_datetime(response.headers.get("Date", ""))
    except (ValueError, TypeError):
        return None
    return max(0.0, wait.total_seconds())
