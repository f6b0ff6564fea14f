"""REST answers as typed records."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TypeVar

import msgspec

from chains.adapter import Json
from chains.rpc.explorers.rest import OverRest, Rest

T = TypeVar("T")
_HASH = re.compile(r"[0-9a-f]{64}")
_DIGITS = re.compile(r"[0-9]{1,19}")


class RestIndex(OverRest):
    """What every Index over REST has."""

    async def _get(self, path: str, kind: type[T], query: Mapping[str, str] | None = None) -> T:
        return await self._rest.fetch(path, query or {}, lambda body: shaped(self._rest, kind, body))


def shaped(rest: Rest, kind: type[T], body: Json) -> T:
    """Raises Malformed; unknown fields are no error, missing and mistyped ones are."""
    try:
        return msgspec.convert(body, kind)
    except msgspec.ValidationError as error:
        problem = str(error)
    raise rest.malformed(problem)


def hex_hash(rest: Rest, text: str) -> str:
    if not _HASH.fullmatch(text):
        raise rest.malformed("a block hash that is none")
    return text


def digits(rest: Rest, text: str) -> int:
    """Base units in decimal digits."""
    if not text.isascii() or not _DIGITS.fullmatch(text):
        raise rest.malformed("an amount that is no string of digits")
    return int(text)
