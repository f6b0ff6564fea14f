"""Family name in config -> the module of that name -> its adapter. A new family is one module and one entry."""

from __future__ import annotations

from functools import cache
from importlib import import_module
from typing import cast

from chains.adapter import ChainAdapter
from chains.spec import ChainSpec

FAMILIES: dict[str, str] = {
    "evm": "chains.evm.adapter",
    "utxo": "chains.utxo.adapter",
    "solana": "chains.solana",
}
"""Each module has ``def build(spec: ChainSpec) -> ChainAdapter``; it decodes ``spec.options`` strictly."""


class UnknownFamily(ValueError):
    """Config names a family that no module serves."""


@cache
def _module(family: str) -> object:
    try:
        return import_module(FAMILIES[family])
    except KeyError:
        known = ", ".join(sorted(FAMILIES))
        raise UnknownFamily(f"chain family {family!r} is not supported (known: {known})") from None


def adapter(spec: ChainSpec) -> ChainAdapter:
    """The adapter of one configured chain. Raises UnknownFamily, or msgspec.ValidationError for bad options."""
    return cast(ChainAdapter, _module(spec.family).build(spec))  # type: ignore[attr-defined]
