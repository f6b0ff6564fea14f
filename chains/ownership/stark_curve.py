"""The STARK curve's native library, loaded when first used: importing it brings in a computer algebra system, for
seconds, and few lists have a Starknet row."""

from __future__ import annotations

from functools import cache
from importlib import import_module
from typing import Any


@cache
def _library() -> Any:
    return import_module("crypto_cpp_py.cpp_bindings")


def cpp_hash(left: int, right: int) -> int:
    """Pedersen."""
    digest: int = _library().cpp_hash(left, right)
    return digest


def cpp_verify(digest: int, r: int, w: int, key: int) -> bool:
    """``w`` is the inverse of s."""
    return bool(_library().cpp_verify(digest, r, w, key))
