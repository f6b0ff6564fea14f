"""Configuration files: TOML, layered, each entry checked by itself and remembered with the place it came from."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Generic, TypeVar

import msgspec

from chains.ownership.book import KindSpec
from chains.spec import ChainSpec
from indexer.model.config import AssetSpec, ExchangeSpec, ListedInstrument, NameSpec, Policy

T = TypeVar("T")

_MESSAGE = re.compile(r"(?P<what>.*?)(?: - at `\$(?P<path>[^`]*)`)?", re.DOTALL)
_UNKNOWN = re.compile(r"Object contains unknown field `(?P<key>.*)`")
_MISSING = re.compile(r"Object missing required field `(?P<key>.*)`")


class SettingsError(ValueError):
    """Configuration that cannot be used. Names the file and the path of the key; never a value that may be secret."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where an entry stands: ``config/chains.toml: chain[3]``."""

    file: str
    path: str

    def error(self, what: str, key: str = "") -> SettingsError:
        return SettingsError(f"{self.file}: {self.path}{key}: {what}")

    def reworded(self, error: msgspec.ValidationError, key: str = "") -> SettingsError:
        """The error of a decoder, with the path of the key in front."""
        match = _MESSAGE.fullmatch(str(error))
        assert match is not None, "the pattern takes any text"
        what, path = match["what"], key + (match["path"] or "")
        if unknown := _UNKNOWN.fullmatch(what):
            return self.error("unknown key", f"{path}.{unknown['key']}")
        if missing := _MISSING.fullmatch(what):
            return self.error("missing", f"{path}.{missing['key']}")
        return self.error(what, path)


@dataclass(frozen=True, slots=True)
class Entry(Generic[T]):
    spec: T
    place: Place
    directory: Path


Entries = dict[str, Entry[T]]


@dataclass(slots=True)
class Layers:
    """Entries by their identity; a later layer replaces an entry of an earlier one, or adds one."""

    chains: Entries[ChainSpec] = field(default_factory=dict)
    assets: Entries[AssetSpec] = field(default_factory=dict)
    instruments: Entries[ListedInstrument] = field(default_factory=dict)
    names: Entries[NameSpec] = field(default_factory=dict)
    exchanges: Entries[ExchangeSpec] = field(default_factory=dict)
    ownership: Entries[KindSpec] = field(default_factory=dict)
    policy: Policy = field(default_factory=Policy)


def read_layers(base: Path, extra: Sequence[Path]) -> Layers:
    """The base directory, then each file or directory of ``extra`` over it. Raises SettingsError."""
    layers = Layers()
    _add_layer(layers, _files(base, shown=Path("config")))
    for path in extra:
        _add_layer(layers, _files(path, shown=path))
    return layers


def read_toml(path: Path, shown: str) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise SettingsError(f"{shown}: {error.strerror}") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(f"{shown}: not TOML: {error}") from None


def decode(raw: object, kind: type[T], place: Place) -> T:
    try:
        return msgspec.convert(raw, kind)
    except msgspec.ValidationError as error:
        raise place.reworded(error) from None


def tables(document: dict[str, Any], key: str, shown: str) -> Iterator[tuple[Place, object]]:
    """The entries of one array of tables, each with its place."""
    found = document.get(key, [])
    if not isinstance(found, list):
        raise SettingsError(f"{shown}: {key}: an array of tables, [[{key}]], is wanted")
    for index, raw in enumerate(found):
        yield Place(shown, f"{key}[{index}]"), raw


def _files(path: Path, *, shown: Path) -> list[tuple[Path, str]]:
    if path.is_dir():
        return [(file, str(shown / file.relative_to(path))) for file in sorted(path.rglob("*.toml"))]
    if path.is_file():
        return [(path, str(shown))]
    raise SettingsError(f"{shown}: no such file or directory")


def _add_layer(layers: Layers, files: list[tuple[Path, str]]) -> None:
    """Within one layer every identity may occur once."""
    layer = Layers()
    policy = msgspec.structs.asdict(layers.policy)
    for path, shown in files:
        document = read_toml(path, shown)
        _Reader(document, shown, path.resolve().parent).into(layer, policy)
    layers.chains |= layer.chains
    layers.assets |= layer.assets
    layers.instruments |= layer.instruments
    layers.names |= layer.names
    layers.exchanges |= layer.exchanges
    layers.ownership |= layer.ownership
    layers.policy = Policy(**policy)


@dataclass(frozen=True, slots=True)
class _Reader:
    document: dict[str, Any]
    shown: str
    directory: Path

    def into(self, layer: Layers, policy: dict[str, Any]) -> None:
        for key in self.document:
            if key not in ("chain", "asset", "instrument", "names", "exchange", "ownership", "policy"):
                raise SettingsError(f"{self.shown}: {key}: unknown key")
        for chain in self._entries("chain", ChainSpec):
            _put(layer.chains, chain.spec.id, chain)
        for asset in self._entries("asset", AssetSpec):
            _put(layer.assets, asset.spec.symbol, asset)
        for listed in self._entries("instrument", ListedInstrument):
            _put(layer.instruments, f"{listed.spec.chain}/{listed.spec.id or listed.spec.asset}", listed)
        for exchange in self._entries("exchange", ExchangeSpec):
            _put(layer.exchanges, exchange.spec.name, exchange)
        for kind in self._entries("ownership", KindSpec):
            _put(layer.ownership, kind.spec.kind, kind)
        for name, raw in self._table("names").items():
            place = Place(self.shown, f"names.{name}")
            _put(layer.names, name.strip().upper(), Entry(decode(raw, NameSpec, place), place, self.directory))
        given = self._table("policy")
        stated = decode(given, Policy, Place(self.shown, "policy"))
        policy.update({key: getattr(stated, key) for key in given})

    def _entries(self, key: str, kind: type[T]) -> Iterator[Entry[T]]:
        for place, raw in tables(self.document, key, self.shown):
            yield Entry(decode(raw, kind, place), place, self.directory)

    def _table(self, key: str) -> dict[str, Any]:
        found = self.document.get(key, {})
        if not isinstance(found, dict):
            raise SettingsError(f"{self.shown}: {key}: a table, [{key}], is wanted")
        return found


def _put(entries: Entries[T], identity: str, entry: Entry[T]) -> None:
    if identity in entries:
        first = entries[identity].place
        raise entry.place.error(f"{identity} is already given by {first.file}: {first.path}")
    entries[identity] = entry
