"""What this installation is configured to do: files and environment in, one frozen record out."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import msgspec

from chains import registry
from chains.adapter import ChainAdapter
from chains.errors import BadAddress
from chains.ownership.book import BadKind, Book
from chains.ownership.registry import UnknownScheme
from chains.spec import ChainSpec, ProviderSpec
from chains.types import ChainId
from indexer.config_files import Entry, Layers, Place, SettingsError, read_layers
from indexer.config_providers import read_providers
from indexer.core.names import Names, UnknownName
from indexer.model.config import ExchangeSpec, Policy

__all__ = ["Settings", "SettingsError", "load"]


@dataclass(frozen=True)
class Settings:
    """``config_digest`` covers everything that decides how a list is understood: chains, assets and names."""

    chains: dict[ChainId, ChainSpec]
    providers: tuple[ProviderSpec, ...]
    names: Names
    exchanges: dict[str, ExchangeSpec]
    ownership: Book
    policy: Policy
    dsn: str | None = field(repr=False)
    data_dir: Path
    config_digest: str
    warnings: tuple[str, ...] = ()

    def secrets(self) -> tuple[str, ...]:
        """Every string that must never reach a log, an error, an export or a bundle."""
        dsn = self.dsn or ""
        password = (urlsplit(dsn).password if "://" in dsn else None) or ""
        found = [secret for provider in self.providers for secret in provider.secrets()]
        return tuple(secret for secret in (*found, dsn, password) if secret)


def load(env: Mapping[str, str] | None = None, extra: Sequence[Path] = ()) -> Settings:
    """The base configuration, then the files and directories of ``ASSAY_CONFIG``, then ``extra``, each over the ones
    before: an entry of the same identity is replaced, others are added. Raises SettingsError.
    """
    env = os.environ if env is None else env
    layered = [Path(text) for text in env.get("ASSAY_CONFIG", "").split(os.pathsep) if text]
    layers = read_layers(_base_directory(), [*layered, *extra])
    chains = {entry.spec.id: entry.spec for entry in layers.chains.values()}
    _check_spellings(layers)
    _check_instruments(layers, _adapters(layers))
    names = _names(layers, chains)
    providers, warnings = read_providers(env, _home(env, "XDG_CONFIG_HOME", ".config"), chains)
    return Settings(
        chains=chains,
        providers=providers,
        names=names,
        exchanges={name: _rooted(entry) for name, entry in layers.exchanges.items()},
        ownership=_ownership(layers),
        policy=layers.policy,
        dsn=env.get("ASSAY_DSN") or None,
        data_dir=_data_dir(env),
        config_digest=_digest(layers),
        warnings=warnings,
    )


def _base_directory() -> Path:
    """Inside the package when it was installed from a wheel, else beside it."""
    here = Path(__file__).resolve().parent
    packaged = here / "_config"
    return packaged if packaged.is_dir() else here.parent / "config"


def _check_spellings(layers: Layers) -> None:
    """No two chains, and no two assets, may be meant by one word."""
    spellings = [(("chain", chain.spec.name.upper()), chain.place) for chain in layers.chains.values()]
    for asset in layers.assets.values():
        words = (asset.spec.symbol, *asset.spec.aliases, *asset.spec.forms)
        spellings += [(("asset", text.upper()), asset.place) for text in words]
    taken: dict[tuple[str, str], Place] = {}
    for spelling, place in spellings:
        if spelling in taken:
            first = taken[spelling]
            raise place.error(f"{spelling[1]} already means {first.file}: {first.path}")
        taken[spelling] = place


def _adapters(layers: Layers) -> dict[ChainId, ChainAdapter]:
    """The adapter of every readable chain, so that a mistake in any option stops the program here."""
    adapters: dict[ChainId, ChainAdapter] = {}
    for entry in layers.chains.values():
        if entry.spec.unsupported is not None:
            continue
        try:
            adapters[entry.spec.id] = registry.adapter(entry.spec)
        except registry.UnknownFamily as error:
            raise entry.place.error(str(error), ".family") from None
        except msgspec.ValidationError as error:
            raise entry.place.reworded(error, ".options") from None
    return adapters


def _check_instruments(layers: Layers, adapters: Mapping[ChainId, ChainAdapter]) -> None:
    for entry in layers.instruments.values():
        listed, place = entry.spec, entry.place
        if listed.chain not in layers.chains:
            raise place.error(f"chain {listed.chain} is not configured", ".chain")
        if listed.asset not in layers.assets:
            raise place.error(f"asset {listed.asset} is not configured", ".asset")
        if listed.decimals > (scale := layers.assets[listed.asset].spec.scale):
            raise place.error(f"more decimals than the scale {scale} of {listed.asset}", ".decimals")
        chain = layers.chains[listed.chain].spec
        if listed.id == chain.native and listed.decimals != chain.native_decimals:
            raise place.error(f"the chain says {chain.native_decimals}", ".decimals")
        if chain.unsupported or listed.unsupported:
            continue
        if listed.id is None:
            raise place.error("missing: only an unsupported instrument may have none", ".id")
        try:
            canonical = adapters[listed.chain].parse_instrument(listed.id)
        except BadAddress as error:
            raise place.error(str(error), ".id") from None
        if canonical != listed.id:
            raise place.error(f"its one spelling is {canonical}", ".id")


def _names(layers: Layers, chains: Mapping[ChainId, ChainSpec]) -> Names:
    """The names, after every one of them was resolved once."""
    names = Names(
        chains=chains,
        assets=[entry.spec for entry in layers.assets.values()],
        instruments=[entry.spec for entry in layers.instruments.values()],
        names={name: entry.spec for name, entry in layers.names.items()},
    )
    for name, entry in layers.names.items():
        spec, place = entry.spec, entry.place
        if spec.chain is None:
            if spec.unsupported is None or spec.instrument is not None:
                raise place.error("a name without a chain has a reason (unsupported) and no instrument")
            if spec.decimals is not None and (names.asset_scale(spec.asset) or 0) < spec.decimals:
                raise place.error(f"asset {spec.asset} is not configured with that many decimals", ".decimals")
            continue
        if spec.unsupported is not None or spec.decimals is not None:
            raise place.error("a name on a chain has its reason and its decimals from the instrument")
        if spec.chain not in chains:
            raise place.error(f"chain {spec.chain} is not configured", ".chain")
        try:
            found = names.resolve(name)
        except UnknownName as error:
            raise place.error(str(error)) from None
        if found.decimals is None:
            raise place.error(found.unsupported or "no such instrument", ".asset")
    return names


def _ownership(layers: Layers) -> Book:
    """Every kind of proof, after each was decoded once by itself."""
    book = Book(())
    for kind, entry in layers.ownership.items():
        try:
            book = Book((*book.kinds, entry.spec))
        except (BadKind, UnknownScheme) as error:
            raise entry.place.error(str(error)) from None
        except msgspec.ValidationError as error:
            raise entry.place.reworded(error, f" ({kind}).options") from None
    return book


def _rooted(entry: Entry[ExchangeSpec]) -> ExchangeSpec:
    """Paths of an exchange start at the directory of their file, so that cron may call from anywhere."""
    given = {name: getattr(entry.spec, name) for name in ("lists", "liabilities", "commitment")}
    rooted = {name: str(entry.directory / pattern) for name, pattern in given.items() if pattern is not None}
    return msgspec.structs.replace(entry.spec, **rooted)


def _digest(layers: Layers) -> str:
    """Independent of files, order and layers, and of who confirmed an instrument."""
    instruments = [
        (key, msgspec.structs.replace(entry.spec, confirmed=False, sources=()))
        for key, entry in sorted(layers.instruments.items())
    ]
    chains = [entry.spec for _, entry in sorted(layers.chains.items())]
    assets = [entry.spec for _, entry in sorted(layers.assets.items())]
    names = [(name, entry.spec) for name, entry in sorted(layers.names.items())]
    encoded = msgspec.json.encode([chains, assets, instruments, names], order="sorted")
    return hashlib.sha256(encoded).hexdigest()


def _home(env: Mapping[str, str], variable: str, fallback: str) -> Path:
    if given := env.get(variable):
        return Path(given)
    home = env.get("HOME")
    return (Path(home) if home else Path.home()) / fallback


def _data_dir(env: Mapping[str, str]) -> Path:
    if given := env.get("ASSAY_DATA_DIR"):
        return Path(given)
    if os.geteuid() == 0 and not env.get("XDG_DATA_HOME"):
        return Path("/var/lib/assay")
    return _home(env, "XDG_DATA_HOME", ".local/share") / "assay"
