"""What config says of a chain and of a provider. Data only; indexer/settings.py reads the files."""

from __future__ import annotations

from typing import Any

import msgspec

from chains.types import ChainId, Instrument


class ChainSpec(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One network. ``options`` belong to the family, which decodes them strictly with its own struct.

    ``unsupported`` says why no balance can be read here; then ``family`` need not be registered.
    """

    id: ChainId
    name: str
    family: str
    native: Instrument
    native_decimals: int
    options: dict[str, Any] = {}
    unsupported: str | None = None


class ProviderSpec(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True, omit_defaults=True):
    """One endpoint of one chain. ``url``, ``headers`` and ``proxy`` may hold secrets: never print this struct.

    ``operator`` names who runs it; two providers of one operator count as one witness.
    ``url`` credentials (user:password@) become basic authentication.
    """

    name: str
    chain: ChainId
    url: str
    operator: str
    headers: dict[str, str] = {}
    proxy: str | None = None
    allow_private: bool = True
    in_flight_max: int = 8
    per_second_max: float = 50.0
    timeout_s: float = 30.0
    attempts_max: int = 6
    body_bytes_max: int = 64 * 1024 * 1024
    batch_max: int = 100

    def __repr__(self) -> str:
        return f"ProviderSpec({self.name!r}, chain={self.chain!r}, operator={self.operator!r})"

    def secrets(self) -> tuple[str, ...]:
        """Every string that must never reach a log, an error, an export or a bundle."""
        return (self.url, *self.headers.values(), *([self.proxy] if self.proxy else []))
