"""REST calls, whose method is a path (chains/adapter.py): to an HTTP request, and its answer to an outcome. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import orjson

from chains.adapter import Json, Params
from chains.errors import Malformed, Transport
from chains.redact import redact
from chains.rpc.refusals import refusal
from chains.rpc.wire import HttpAnswer, Outcome, check_status, http_failure

_VERBS = ("GET ", "POST ")

Query = Mapping[str, str | list[str]]


class Request(NamedTuple):
    """``path`` is below the provider's URL. ``body`` is empty for GET, ``query`` for POST."""

    path: str
    query: Query
    body: bytes


def is_rest(method: str) -> bool:
    return method.startswith(_VERBS)


def encode(method: str, params: Params) -> Request:
    """The request of one call; parameters are by name."""
    assert isinstance(params, Mapping) or not params, "a REST call has named parameters"
    named = dict(params) if isinstance(params, Mapping) else {}
    verb, _, path = method.partition(" ")
    if verb == "POST":
        return Request(path, {}, orjson.dumps(named))
    return Request(path, {name: _text(value) for name, value in named.items()}, b"")


def decode(provider: str, answer: HttpAnswer) -> Outcome:
    """The JSON of a sound answer, or the refusal in that of a status from 400 on. Raises as ``wire.decode`` does."""
    check_status(provider, answer, 1)
    try:
        body: Json = orjson.loads(answer.body)
    except orjson.JSONDecodeError:
        body = None
    if (answer.status >= 500 and not _explained(body)) or (answer.status >= 300 and not isinstance(body, dict)):
        raise http_failure(provider, answer.status, 1)
    if body is None:
        raise Malformed(redact(f"{provider}: HTTP {answer.status}, but not JSON"))
    if answer.status >= 300:
        return refusal(provider, {"code": answer.status, "message": _said(body), "data": body})
    return _trouble(provider, body) or body


def _trouble(provider: str, body: Json) -> Transport | None:
    """rippled says with status 200, by name, what may pass; its other errors are for the family."""
    match body:
        case {"result": {"error": str(name)}}:
            found = refusal(provider, {"code": 0, "message": name})
            return found if isinstance(found, Transport) else None
    return None


def _explained(body: Json) -> bool:
    """nodeos refuses with 500 whatever the reason, said in ``error.details``. Elsewhere 500 is the server's trouble.

    Its codes from 3080000 mean that it ran out of time or space (eosio/chain/exceptions.hpp): that may pass.
    """
    error = body.get("error") if isinstance(body, dict) else None
    if not isinstance(error, dict) or not isinstance(error.get("details"), list):
        return False
    return not (isinstance(code := error.get("code"), int) and 3_080_000 <= code < 3_090_000)


def _text(value: object) -> str | list[str]:
    match value:
        case bool():
            return str(value).lower()
        case str() | int():
            return str(value)
        case list() | tuple():
            return [str(item) for item in value]
    raise AssertionError(f"{value!r} is no value of a query")


def _said(body: Json) -> str:
    """The words of a refusal; each API has its own place for them."""
    assert isinstance(body, dict)
    inner = body.get("error")
    if isinstance(inner, dict) and isinstance(details := inner.get("details"), list):
        inner, body = (details[0] if details and isinstance(details[0], dict) else {}), inner
    for place in (body, inner if isinstance(inner, dict) else {}):
        for name in ("message", "error", "detail"):
            if isinstance(text := place.get(name), str) and text:
                return text
    return orjson.dumps(body).decode()
