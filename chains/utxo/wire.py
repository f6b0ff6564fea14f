"""A node's JSON answers as typed records, and its decimal amounts as exact base units."""

from __future__ import annotations

import math

from chains.adapter import Json
from chains.answers import shape
from chains.errors import Malformed, RpcFault

__all__ = ["granted", "shape", "unhex", "units"]


def granted(answer: Json | RpcFault) -> Json:
    """An answer of a batch; a refusal is raised."""
    if isinstance(answer, RpcFault):
        raise answer
    return answer


def unhex(answer: Json, what: str) -> bytes:
    """Raises Malformed for anything but hexadecimal."""
    try:
        return bytes.fromhex(shape(str, answer, what))
    except ValueError:
        raise Malformed(f"{what}: no hexadecimal") from None


def units(value: float, decimals: int) -> int:
    """Base units of an amount that the node printed with ``decimals`` places and JSON made a binary float.

    Exact, never off by one: while neighbouring floats lie closer together than one unit (for 8 decimals: below
    2**26 = 67,108,864 coins in one output) each printed amount has a float of its own, and the float leads back to
    it. Beyond that, and for a float that no printed amount gives, raises Malformed.
    """
    scale: int = 10**decimals
    if isinstance(value, int):
        exact = value * scale
    else:
        if not math.isfinite(value) or math.ulp(value) * scale >= 1:
            raise Malformed(f"an amount of {value} coins cannot be read exactly from JSON")
        numerator, denominator = value.as_integer_ratio()
        exact = (2 * numerator * scale + denominator) // (2 * denominator)
        if exact / scale != value:
            raise Malformed(f"an amount of {value!r} coins has more than {decimals} decimals")
    if exact < 0:
        raise Malformed(f"an amount of {value} coins is negative")
    return exact
