"""JSON-RPC 2.0 (and what bitcoind makes of it): requests to bytes, HTTP answers to outcomes. Pure.

Nothing here guesses: an answer is matched to its call by id, and whatever does not fit is Malformed. Note that orjson
makes a float of an integer beyond 64 bits, so no balance may be read from a bare JSON number of that size.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

import orjson

from chains.adapter import Call, Json
from chains.errors import ChainError, Malformed, RateLimited, TooLarge, Transport
from chains.redact import redact
from chains.rpc.refusals import Refusal, refusal

Outcome: TypeAlias = "Json | Refusal"
_TRANSIENT = frozenset({408, 425})


@dataclass(frozen=True, slots=True)
class HttpAnswer:
    status: int
    is_html: bool
    retry_after_s: float | None
    body: bytes | bytearray


def encode(calls: Sequence[Call], first_id: int) -> bytes:
    """One call as an object, several as an array; ids count up from ``first_id``."""
    requests = [
        {"jsonrpc": "2.0", "id": number, "method": method, "params": params}
        for number, (method, params) in enumerate(calls, first_id)
    ]
    return orjson.dumps(requests if len(requests) > 1 else requests[0])


def decode(provider: str, answer: HttpAnswer, first_id: int, count: int) -> list[Outcome]:
    """One outcome per call, in order; refusals of single calls are in their place.

    Raises what concerns the request as a whole: Transport, RateLimited, Malformed, TooLarge, a refusal of the whole
    batch, or a bare ChainError where asking again is useless.
    """
    check_status(provider, answer, count)
    try:
        reply: Json = orjson.loads(answer.body)
    except orjson.JSONDecodeError:
        reply = None
    error = _lone_error(reply, count)
    if error is not None and (count > 1 or error.get("id") is None):
        whole = refusal(provider, error["error"])
        if count > 1:
            raise whole
        return [whole]
    if answer.status >= 300 and error is None:
        raise http_failure(provider, answer.status, count)
    items = [reply] if count == 1 else reply
    if not isinstance(items, list):
        raise Malformed(redact(f"{provider}: HTTP {answer.status}, but not an answer of JSON-RPC"))
    return _matched(provider, items, first_id, count)


def check_status(provider: str, answer: HttpAnswer, count: int) -> None:
    """The answers that are settled by status alone."""
    status = answer.status
    if status in (429, 503) or (status == 403 and answer.is_html):
        raise RateLimited(redact(f"{provider}: HTTP {status}, slow down"), retry_after_s=answer.retry_after_s)
    if status in (413, 414):  # the body, or the URL
        raise TooLarge(redact(f"{provider}: HTTP {status}, a request of {count} calls is too large"))
    if status in (401, 407):
        raise ChainError(redact(f"{provider}: HTTP {status}, credentials refused"))
    if 300 <= status < 400:
        raise Transport(redact(f"{provider}: HTTP {status}, a redirect, which is never followed"))
    if status in _TRANSIENT:
        raise Transport(redact(f"{provider}: HTTP {status}"))


def http_failure(provider: str, status: int, count: int) -> ChainError:
    """Any other status, without an error in the body to explain it."""
    if status >= 500:
        return Transport(redact(f"{provider}: HTTP {status}"))
    if status == 403:
        return ChainError(redact(f"{provider}: HTTP 403, credentials refused"))
    if count > 1:
        return TooLarge(redact(f"{provider}: HTTP {status} to a batch of {count}"))
    return ChainError(redact(f"{provider}: HTTP {status}, not an endpoint that can be asked this"))


def _lone_error(reply: Json, count: int) -> dict[str, Json] | None:
    """The reply, if it is one error. geth wraps "batch too large" in a list, with the id of the first call."""
    if isinstance(reply, list) and len(reply) == 1 and count > 1:
        reply = reply[0]
    return reply if isinstance(reply, dict) and reply.get("error") is not None else None


def _matched(provider: str, items: list[Json], first_id: int, count: int) -> list[Outcome]:
    outcomes: dict[int, Outcome] = {}
    for item in items:
        number = item.get("id") if isinstance(item, dict) else None
        if type(number) is not int or not first_id <= number < first_id + count:
            raise Malformed(redact(f"{provider}: an answer with an id that was not asked"))
        if number in outcomes:
            raise Malformed(redact(f"{provider}: two answers with one id"))
        assert isinstance(item, dict)
        if item.get("error") is not None:
            outcomes[number] = refusal(provider, item["error"])
        elif "result" in item:
            outcomes[number] = item["result"]
        else:
            raise Malformed(redact(f"{provider}: an answer with neither result nor error"))
    if len(outcomes) != count:
        raise Malformed(redact(f"{provider}: {len(outcomes)} answers to {count} calls"))
    return [outcomes[number] for number in range(first_id, first_id + count)]
