"""What this installation is configured to do: files and environment in, one frozen record out."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from chains.spec import ChainSpec, ProviderSpec
from chains.types import ChainId
from indexer.core.names import Names
from indexer.model.config import ExchangeSpec, Policy


class SettingsError(ValueError):
    """Configuration that cannot be used. Names the file and the path of the key; never a value that may be secret."""


@dataclass(frozen=True)
class Settings:
    """``config_digest`` covers everything that decides how a list is understood: chains, assets and names."""

    chains: dict[ChainId, ChainSpec]
    providers: tuple[ProviderSpec, ...]
    names: Names
    exchanges: dict[str, ExchangeSpec]
    policy: Policy
    dsn: str | None = field(repr=False)
    data_dir: Path
    config_digest: str
    warnings: tuple[str, ...] = ()


def load(env: Mapping[str, str] | None = None, extra: Sequence[Path] = ()) -> Settings:
    """The base configuration, then ``ASSAY_CONFIG``, then ``extra``, each layered over the ones before.

    Raises SettingsError.
    """
    raise NotImplementedError
