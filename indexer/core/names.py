"""What an exchange's coin and network names mean: one asset on one network.

Names are compared in upper case without surrounding white space; ``-`` and ``_`` count as written, because lists use
both (``ETH-ARBITRUM`` is a coin, ``ETH_ARBITRUM`` a network).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping

from chains.spec import ChainSpec
from chains.types import ChainId
from indexer.model.claims import InstrumentSpec
from indexer.model.config import AssetSpec, ListedInstrument, NameSpec


class UnknownName(ValueError):
    """A name config does not know, or two that contradict each other; the message is fit for a finding."""


class Names:
    """Every name of the configuration. Pure: the same question has the same answer for the life of the object."""

    def __init__(
        self,
        *,
        chains: Mapping[ChainId, ChainSpec],
        assets: Iterable[AssetSpec],
        instruments: Iterable[ListedInstrument],
        names: Mapping[str, NameSpec],
    ) -> None:
        self.assets = tuple(assets)
        self.instruments = tuple(instruments)
        self.names = {_norm(name): spec for name, spec in names.items()}
        self._chains = chains
        self._networks = {_norm(spelling): spec.id for spec in chains.values() for spelling in (spec.name, spec.id)}
        self._assets = {_norm(text): asset for asset in self.assets for text in (*asset.aliases, asset.symbol)}
        self._forms = {_norm(text): asset for asset in self.assets for text in asset.forms}
        self._listed: defaultdict[tuple[ChainId, str], list[ListedInstrument]] = defaultdict(list)
        for listed in self.instruments:
            self._listed[listed.chain, listed.asset].append(listed)
        self._resolved: dict[tuple[str, str], InstrumentSpec] = {}

    def resolve(self, coin: str, network: str | None = None) -> InstrumentSpec:
        """The instrument an exchange means by a coin, and by its network where the list gives one.

        With a network, the chain is the network's and the asset is the coin's. A coin that names its own chain
        (``USDT-TON``) must not contradict it. Raises UnknownName.
        """
        symbol, where = _norm(coin), _norm(network or "")
        spec = self._resolved.get((symbol, where))
        if spec is None:
            spec = self._on_network(symbol, where) if where else self._by_coin(symbol)
            self._resolved[symbol, where] = spec
        return spec

    def resolve_plain(self, network: str, asset: str) -> InstrumentSpec:
        """The instrument of a plain list: ``network`` is a CAIP-2 id, a chain's name or any listed name; ``asset`` a
        symbol or the asset part of CAIP-19 (``erc20:0x..``). Raises UnknownName.
        """
        if not network.strip():
            raise UnknownName("no network is named")
        if ":" not in asset:
            return self.resolve(asset, network)
        chain = self._network(_norm(network)).chain
        text = asset.strip()
        for listed in self.instruments:
            if listed.chain == chain and listed.id in (text, text.lower()):
                return self._spec(f"{listed.id}/{chain}", listed)
        raise UnknownName(f"no instrument {_shown(text)} is configured on network {_shown(network)}")

    def asset_symbol(self, text: str) -> str | None:
        """The configured symbol of an asset, whatever its case or alias; None where it is not configured."""
        asset = self._assets.get(_norm(text))
        return asset.symbol if asset else None

    def asset_scale(self, asset: str) -> int | None:
        """The common number of decimals of an asset, or None where it is not configured."""
        known = self._assets.get(_norm(asset))
        return known.scale if known else None

    def owed(self, text: str) -> AssetSpec | None:
        """The asset that liabilities of this name are owed in; None where it is not configured."""
        return self._assets.get(_norm(text)) or self._forms.get(_norm(text))

    def _by_coin(self, coin: str) -> InstrumentSpec:
        name = self.names.get(coin)
        if name is None:
            raise UnknownName(f"unknown coin {_shown(coin)}")
        return self._named(coin, name)

    def _on_network(self, coin: str, network: str) -> InstrumentSpec:
        name = self.names.get(coin)
        where = self._network(network)
        published = f"{coin}/{network if network in self.names else where.chain}"
        symbol = name.asset if name else self.asset_symbol(coin)
        if symbol is None:
            raise UnknownName(f"unknown coin {_shown(coin)}")
        if name and name.chain == where.chain:
            return self._named(published, name)
        if name and name.chain and self.asset_symbol(coin) is None:
            own = self._chains[name.chain].name
            raise UnknownName(f"coin {_shown(coin)} is on {own}, but the list says network {_shown(network)}")
        if where.chain is None:
            return self._unread(published, symbol, where)
        return self._pick(published, where.chain, symbol)

    def _named(self, published: str, name: NameSpec) -> InstrumentSpec:
        if name.chain is None:
            return self._unread(published, name.asset, name)
        if name.instrument is None:
            return self._pick(published, name.chain, name.asset)
        for listed in self._listed[name.chain, name.asset]:
            if listed.id == name.instrument:
                return self._spec(published, listed)
        raise UnknownName(f"{_shown(published)}: {name.instrument} of {name.asset} is not configured on {name.chain}")

    def _network(self, network: str) -> NameSpec:
        """What a name means where a network is asked for; only its chain and reason matter then."""
        if network in self.names:
            return self.names[network]
        if network in self._networks:
            return NameSpec(asset="", chain=self._networks[network])
        raise UnknownName(f"unknown network {_shown(network)}")

    def _pick(self, published: str, chain: ChainId, symbol: str) -> InstrumentSpec:
        """The asset itself before any form of it; an identified one before one that only has a reason."""
        listed = self._listed.get((chain, symbol), [])
        listed = [each for each in listed if each.id is not None] or listed
        listed = [each for each in listed if each.form is None] or listed
        where = self._chains[chain].name
        if len(listed) > 1:
            ids = ", ".join(str(each.id) for each in listed)
            raise UnknownName(f"{symbol} has several instruments on {where}: {ids}")
        if listed:
            return self._spec(published, listed[0])
        return InstrumentSpec(
            published, symbol, chain, None, None, self.asset_scale(symbol), f"{symbol} is not configured on {where}"
        )

    def _spec(self, published: str, listed: ListedInstrument) -> InstrumentSpec:
        reason = listed.unsupported or self._chains[listed.chain].unsupported
        scale = self.asset_scale(listed.asset)
        return InstrumentSpec(published, listed.asset, listed.chain, listed.id, listed.decimals, scale, reason)

    def _unread(self, published: str, symbol: str, name: NameSpec) -> InstrumentSpec:
        """A name without a chain: what is left is its reason, and its decimals where they are the coin's own."""
        decimals = name.decimals if name.asset == symbol else None
        return InstrumentSpec(published, symbol, None, None, decimals, self.asset_scale(symbol), name.unsupported)


def _norm(text: str) -> str:
    return text.strip().upper()


def _shown(text: str) -> str:
    return repr(text.strip()[:60])
