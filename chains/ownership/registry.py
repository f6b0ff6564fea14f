"""Scheme name in config -> the module of that name -> its `Scheme`. A new scheme is one module and one entry."""

from __future__ import annotations

from functools import cache
from importlib import import_module
from typing import cast

from chains.ownership.types import Scheme

SCHEMES: dict[str, str] = {
    "bls": "chains.ownership.bls",
    "compact": "chains.ownership.compact",
    "ecdsa": "chains.ownership.ecdsa",
    "ecdsa-key": "chains.ownership.named_key",
    "ed25519": "chains.ownership.ed25519",
    "eos": "chains.ownership.eos",
    "starknet": "chains.ownership.starknet",
}
"""Each module has ``SCHEME: Scheme``."""


class UnknownScheme(ValueError):
    """Config names a scheme that no module serves."""


@cache
def scheme(name: str) -> Scheme:
    """Raises UnknownScheme."""
    if name not in SCHEMES:
        raise UnknownScheme(f"ownership scheme {name!r} is not supported (known: {', '.join(sorted(SCHEMES))})")
    return cast(Scheme, import_module(SCHEMES[name]).SCHEME)
