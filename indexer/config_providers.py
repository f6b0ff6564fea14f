"""Providers: whom to ask, from a private file and from the environment. What is read here may be secret."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from urllib.parse import urlsplit

from chains.fit import misfit
from chains.spec import ChainSpec, ProviderSpec
from chains.types import ChainId
from indexer.config_files import Place, SettingsError, decode, read_toml, tables

_REFERENCE = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")
_RPC = "ASSAY_RPC_"
HTTP = ("http", "https")
_POSITIVE = (
    "in_flight_max",
    "per_second_max",
    "timeout_s",
    "attempts_max",
    "body_bytes_max",
    "batch_max",
    "requests_max",
    "bytes_max",
    "units_max",
    "final_depth",
)


def read_providers(
    env: Mapping[str, str], config_home: Path, chains: Mapping[ChainId, ChainSpec]
) -> tuple[tuple[ProviderSpec, ...], tuple[str, ...]]:
    """Every provider, and warnings. The file is ``ASSAY_PROVIDERS``, or assay/providers.toml in the user's
    configuration where there is one. Raises SettingsError.
    """
    warnings: list[str] = []
    named = env.get("ASSAY_PROVIDERS")
    path = Path(named) if named else config_home / "assay" / "providers.toml"
    found = _from_file(path, env) if named or path.exists() else []
    found += _from_environment(env, chains)
    if (named or path.exists()) and path.stat().st_mode & 0o077:
        warnings.append(f"{path} may hold secrets, but others than its owner may open it: chmod 600")
    seen: set[str] = set()
    for place, provider in found:
        if provider.chain not in chains:
            raise place.error(f"chain {provider.chain} is not configured", ".chain")
        if provider.name in seen:
            raise place.error(f"provider {provider.name!r} is given twice", ".name")
        seen.add(provider.name)
        if reason := chains[provider.chain].unsupported:
            warnings.append(f"provider {provider.name!r} is never asked: {reason}")
    read = {provider.chain for _, provider in found if not provider.only_now}
    for _, provider in found:
        if provider.only_now and provider.chain not in read:
            warnings.append(f"provider {provider.name!r} only checks, and nobody reads {provider.chain}")
    return tuple(provider for _, provider in found), tuple(warnings)


def _from_file(path: Path, env: Mapping[str, str]) -> list[tuple[Place, ProviderSpec]]:
    shown = str(path)
    document = read_toml(path, shown)
    for key in document:
        if key != "provider":
            raise SettingsError(f"{shown}: {key}: unknown key")
    found: list[tuple[Place, ProviderSpec]] = []
    for place, raw in tables(document, "provider", shown):
        provider = decode(_filled(raw, env, place), ProviderSpec, place)
        _check(provider, place)
        found.append((place, provider))
    return found


def _from_environment(env: Mapping[str, str], chains: Mapping[ChainId, ChainSpec]) -> list[tuple[Place, ProviderSpec]]:
    """``ASSAY_RPC_EIP155_1=url[,url...]``: the chain id in upper case, anything but letters and digits as ``_``."""
    variables = {_RPC + re.sub(r"[^A-Z0-9]", "_", chain.upper()): chain for chain in chains}
    found: list[tuple[Place, ProviderSpec]] = []
    for variable in sorted(name for name in env if name.startswith(_RPC)):
        if variable not in variables:
            raise SettingsError(f"environment: {variable}: no configured chain has this id")
        chain = variables[variable]
        for number, url in enumerate(filter(None, (text.strip() for text in env[variable].split(","))), start=1):
            place = Place("environment", f"{variable}[{number - 1}]")
            host = _host(url, place, "")
            found.append(
                (place, ProviderSpec(name=f"{chain}/env{number}", chain=chain, url=url, operator=_operator(host)))
            )
    return found


def _filled(raw: object, env: Mapping[str, str], place: Place) -> object:
    """``${NAME}`` in url, proxy and header values, from the environment."""
    if not isinstance(raw, dict):
        return raw
    who = f"provider {raw['name']!r}" if isinstance(raw.get("name"), str) else "a provider without a name"

    def fill(text: object, key: str) -> object:
        if not isinstance(text, str):
            return text
        for name in _REFERENCE.findall(text):
            if name not in env:
                raise place.error(f"{who} needs the environment variable {name}, which is not set", key)
        return _REFERENCE.sub(lambda match: env[match[1]], text)

    filled = {key: fill(value, f".{key}") if key in ("url", "proxy") else value for key, value in raw.items()}
    if isinstance(headers := raw.get("headers"), dict):
        filled["headers"] = {name: fill(value, f".headers.{name}") for name, value in headers.items()}
    return filled


def _check(provider: ProviderSpec, place: Place) -> None:
    _host(provider.url, place, ".url", provider.schemes)
    for key in _POSITIVE:
        value = getattr(provider, key)
        if value is not None and value <= 0:
            raise place.error("more than 0 is wanted", f".{key}")
    if why := misfit(provider):
        raise place.error(why, ".kind")


def _host(url: str, place: Place, key: str, schemes: Sequence[str] = HTTP) -> str:
    """The host of a URL; the error does not repeat the URL, which may hold a key."""
    try:
        parts = urlsplit(url)
        host = parts.hostname
    except ValueError:
        host = None
    if host is None or parts.scheme not in schemes:
        raise place.error(f"no {' or '.join(schemes)} URL", key)
    return host


def _operator(host: str) -> str:
    """Who runs a host: its last two labels, for the first ones name a network or an account. Taking two operators
    for one only makes a quorum harder to reach, never easier.
    """
    try:
        return str(ipaddress.ip_address(host))
    except ValueError:
        return ".".join(host.split(".")[-2:])
