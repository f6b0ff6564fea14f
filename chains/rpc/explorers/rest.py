"""One GET to an explorer through the common door: limits, deadline, size cap, pace, retries, redaction."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import TypeVar

import orjson

from chains.adapter import Json
from chains.errors import ChainError, Malformed
from chains.redact import redact
from chains.rpc.backoff import Jitter, Sleep
from chains.rpc.http import Counters, HttpDoor
from chains.rpc.refusals import refusal
from chains.rpc.turns import Turns
from chains.rpc.wire import HttpAnswer, check_status, http_failure
from chains.spec import ProviderSpec

T = TypeVar("T")
Read = Callable[[Json], Json]
"""From the JSON of an answer to its value. Raises ChainError; what is a Transport is asked again."""

_WORD_BYTES_MAX = 256
_DIGITS = re.compile(r"[0-9]{1,78}")


class Rest:
    def __init__(self, spec: ProviderSpec, door: HttpDoor, *, sleep: Sleep, jitter: Jitter) -> None:
        self._spec, self._door = spec, door
        self._turns = Turns(spec, door.counters, sleep=sleep, jitter=jitter)

    @property
    def provider(self) -> str:
        return self._spec.name

    @property
    def counters(self) -> Counters:
        return self._door.counters

    async def get(self, path: str, query: Mapping[str, str], read: Read) -> Json:
        """The value of one answer. Raises ChainError."""
        return await self.fetch(path, query, read)

    async def fetch(self, path: str, query: Mapping[str, str], read: Callable[[Json], T]) -> T:
        """The same, of any kind of value."""
        self.counters.calls += 1

        async def once() -> T:
            return read(self._json(await self._door.get(path, query, units=self._spec.cost(path))))

        return await self._turns.take(once)

    async def text(self, path: str) -> str:
        """An answer that is no JSON, but a bare word. Raises ChainError."""
        self.counters.calls += 1

        async def once() -> str:
            answer = await self._door.get(path, {}, units=self._spec.cost(path))
            self._check(answer)
            return answer.body[:_WORD_BYTES_MAX].decode(errors="replace").strip()

        return await self._turns.take(once)

    def malformed(self, what: str) -> Malformed:
        return Malformed(redact(f"{self.provider}: {what}"))

    def refused(self, message: str, code: int = 0) -> ChainError:
        """The exception for the explorer's own words."""
        return refusal(self.provider, {"code": code, "message": message})

    def no_access(self, message: str) -> ChainError:
        """The key itself is refused: no other question would fare better."""
        return ChainError(redact(f"{self.provider}: {message}")[:500])

    def quantity(self, digits: Json) -> str:
        """A string of decimal digits as hexadecimal. Never from a JSON number, which may have lost digits."""
        if not isinstance(digits, str) or not digits.isascii() or not _DIGITS.fullmatch(digits):
            raise self.malformed("an amount that is no string of digits")
        return hex(int(digits))

    def _check(self, answer: HttpAnswer) -> None:
        check_status(self.provider, answer, 1)
        if answer.status >= 300:
            raise http_failure(self.provider, answer.status, 1)

    def _json(self, answer: HttpAnswer) -> Json:
        self._check(answer)
        body: Json = None
        with suppress(orjson.JSONDecodeError):
            body = orjson.loads(answer.body)
        # Outside the handler: the decoder's error holds the whole body, and must not become our __context__.
        if body is None:
            raise self.malformed(f"HTTP {answer.status}, but not JSON")
        return body


class OverRest:
    """What every API over such a door has."""

    def __init__(self, rest: Rest) -> None:
        self._rest = rest

    @property
    def provider(self) -> str:
        return self._rest.provider

    @property
    def counters(self) -> Counters:
        return self._rest.counters
