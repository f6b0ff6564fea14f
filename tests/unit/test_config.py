"""The configuration that ships: complete, consistent, and free of anybody's addresses of servers."""

from __future__ import annotations

import csv
import re
import tomllib
from collections import Counter
from functools import cache
from pathlib import Path

import msgspec

from chains import registry
from indexer.core.names import UnknownName
from indexer.model.config import ListedInstrument, Policy
from indexer.settings import Settings, load
from tests.shared import shared

CONFIG = Path(__file__).resolve().parents[2] / "config"
MISSION = "BTC ETH USDT USDC XRP DOGE SOL OKB APT DASH DOT ELF EOS ETC FIL LINK LTC OKT PEOPLE TON TRX UNI BCH SUI USDG"


@cache
def settings() -> Settings:
    return load({})


def test_every_published_name_is_mapped() -> None:
    with shared("okx", "coins.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 276
    for row in rows:
        spec = settings().names.resolve(row["coin_or_network_key"])
        assert (spec.chain and spec.instrument) or spec.unsupported
        if row["decimals"]:
            assert spec.decimals is not None, f"{spec.published}: its amounts must be exact"


def test_every_configured_name_resolves() -> None:
    names = settings().names
    assert len(names.names) == 277  # the published ones, two alike but for case; and two Types
    for name in names.names:
        spec = names.resolve(name)
        assert (spec.chain and spec.instrument) or spec.unsupported, name
        assert spec.decimals is None or (spec.scale is not None and spec.scale >= spec.decimals), name


def test_names_of_chains_do_not_contradict_listed_names() -> None:
    for spec in settings().chains.values():
        listed = settings().names.names.get(spec.name.upper())
        assert listed is None or listed.chain == spec.id, spec.name


def test_every_chain_can_be_read_or_says_why() -> None:
    for spec in settings().chains.values():
        assert spec.unsupported or spec.family in registry.FAMILIES, spec.id


def test_chain_ids_are_caip_2() -> None:
    for chain in settings().chains:
        assert re.fullmatch(r"[-a-z0-9]{3,8}:[-_a-zA-Z0-9]{1,32}", chain)


def test_every_native_coin_is_an_instrument_of_one_asset() -> None:
    natives = Counter((listed.chain, listed.id) for listed in settings().names.instruments)
    for spec in settings().chains.values():
        assert natives[spec.id, spec.native] == 1, spec.id


def test_instruments_are_canonical_and_unique() -> None:
    chains = settings().chains
    seen = Counter((listed.chain, listed.id or listed.asset) for listed in settings().names.instruments)
    assert [key for key, count in seen.items() if count > 1] == []
    for listed in settings().names.instruments:
        chain = chains[listed.chain]
        assert 0 <= listed.decimals <= 36
        if chain.unsupported is None and listed.id is not None:
            assert registry.adapter(chain).parse_instrument(listed.id) == listed.id


def test_scale_is_the_most_decimals_of_the_asset() -> None:
    most: dict[str, int] = {}
    for listed in settings().names.instruments:
        most[listed.asset] = max(most.get(listed.asset, 0), listed.decimals)
    for name in settings().names.names.values():
        if name.decimals is not None:
            most[name.asset] = max(most.get(name.asset, 0), name.decimals)
    assert {asset.symbol: asset.scale for asset in settings().names.assets} == most


def test_confirmed_means_two_sources() -> None:
    for listed in settings().names.instruments:
        assert not listed.confirmed or len(listed.sources) >= 2, listed


def unconfirmed(listed: ListedInstrument) -> bool:
    return listed.id is not None and not listed.confirmed and settings().chains[listed.chain].unsupported is None


def test_what_is_read_without_confirmation_is_known() -> None:
    found = {(listed.asset, listed.chain) for listed in settings().names.instruments if unconfirmed(listed)}
    assert found == {("ETC", "eip155:66"), ("XRP", "eip155:66"), ("LINK", "eip155:66")}


def test_the_assets_of_the_mission_are_there() -> None:
    listed = {each.asset for each in settings().names.instruments}
    assert set(MISSION.split()) <= listed


def test_ambiguity_is_decided_wherever_a_chain_has_the_asset_twice() -> None:
    """Naming only asset and network must work for every pair of the configuration."""
    names = settings().names
    for listed in names.instruments:
        try:
            names.resolve_plain(listed.chain, listed.asset)
        except UnknownName as error:
            raise AssertionError(f"{listed.asset} on {listed.chain}: {error}") from error


def test_no_server_is_named() -> None:
    for path in CONFIG.rglob("*.toml"):
        text = path.read_text()
        assert "://" not in text, path
        assert re.findall(r"\b[\w-]+\.(?:com|io|org|net|tech|xyz|dev|network|finance)\b", text) == [], path


def test_lines_can_be_read() -> None:
    for path in CONFIG.rglob("*.toml"):
        tomllib.loads(path.read_text())
        assert max(map(len, path.read_text().splitlines())) < 260, path


def test_policy_file_states_the_defaults() -> None:
    """The file is the documentation of the defaults, so the two must not drift."""
    assert tomllib.loads((CONFIG / "policy.toml").read_text())["policy"] == msgspec.json.decode(
        msgspec.json.encode(Policy())
    )
