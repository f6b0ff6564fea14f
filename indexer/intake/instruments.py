"""The instruments of one list, numbered in order of appearance, and how their addresses are read."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace

from chains.adapter import ChainAdapter
from chains.errors import BadAddress
from chains.types import ChainId
from indexer.core.names import Names, UnknownName
from indexer.intake.errors import Refused
from indexer.intake.findings import Findings
from indexer.intake.layouts import Layout
from indexer.intake.lines import excerpt
from indexer.model.claims import InstrumentSpec, RejectReason
from indexer.model.findings import Severity

ADDRESS_CHARS_MAX = 512
OTHER_TYPE_REASON = "config knows no instrument for holdings of this Type"
_PLAIN_TYPES = ("", "non staking")

AdapterOf = Callable[[ChainId], ChainAdapter | None]


@dataclass(frozen=True, slots=True)
class Listed:
    """What the coin, network and Type of a row come to."""

    no: int
    decimals: int | None
    parse_address: Callable[[str], str]
    kind: str
    coin: str


class Instruments:
    """Grows with the configuration, never with the length of the list."""

    def __init__(self, names: Names, adapter_of: AdapterOf, findings: Findings) -> None:
        self._names = names
        self._adapter_of = adapter_of
        self._findings = findings
        self._numbers: dict[InstrumentSpec, int] = {}
        self._by_coin: defaultdict[str, set[int]] = defaultdict(set)

    @property
    def specs(self) -> tuple[InstrumentSpec, ...]:
        return tuple(self._numbers)

    def of_coin(self, coin: str) -> set[int]:
        """The instruments of all rows so far that carry this coin name."""
        return self._by_coin.get(coin_key(coin), set())

    def number(self, spec: InstrumentSpec) -> int:
        return self._numbers.setdefault(spec, len(self._numbers))

    def hidden(self, listed: Listed, reason: str) -> int:
        """The number of what rows of a listed instrument are whose addresses show no balance to anybody."""
        spec = self.specs[listed.no]
        name = f"{spec.published} (hidden)"
        number = self.number(replace(spec, published=name, instrument=None, unsupported=reason))
        self._by_coin[listed.coin].add(number)
        return number

    def listed(self, layout: Layout, cells: list[str], line_no: int) -> Listed:
        """Raises Refused for names that config does not know."""
        coin = cells[layout.coin]
        network = None if layout.network is None else cells[layout.network]
        kind = "" if layout.kind is None else excerpt(cells[layout.kind].strip())
        try:
            if network is not None and layout.plain:
                spec = self._names.resolve_plain(network, coin)
            else:
                spec = self._names.resolve(coin, network)
        except UnknownName as error:
            raise Refused(RejectReason.UNKNOWN_COIN, str(error)) from None
        if layout.custodian:
            if kind:
                detail = f"rows are held by the third-party custodian {kind!r}"
                self._findings.add(Severity.NOTE, "third-party-custodian", detail, line_no)
        else:
            spec = self._of_type(spec, kind)
        parse_address: Callable[[str], str] = as_published
        if spec.unsupported is None:
            assert spec.chain is not None, "a supported instrument has a chain"
            adapter = self._adapter_of(spec.chain)
            if adapter is None:
                spec = replace(spec, unsupported=f"no chain family reads {spec.chain}")
            else:
                parse_address = adapter.parse_address
        number = self.number(spec)
        self._by_coin[coin_key(coin)].add(number)
        return Listed(no=number, decimals=spec.decimals, parse_address=parse_address, kind=kind, coin=coin_key(coin))

    def _of_type(self, spec: InstrumentSpec, kind: str) -> InstrumentSpec:
        """Staked holdings are the same asset, but no balance of that network: names say which instrument a Type is."""
        word = " ".join(kind.lower().split())
        if word in _PLAIN_TYPES:
            return spec
        with suppress(UnknownName):
            staked = self._names.resolve(word)
            if staked.asset == spec.asset:
                return replace(staked, published=f"{spec.published} ({word})")
        reason = spec.unsupported or OTHER_TYPE_REASON
        return replace(spec, published=f"{spec.published} (other type)", instrument=None, unsupported=reason)


def coin_key(coin: str) -> str:
    """Coin names are compared as ``Names`` compares them."""
    return coin.strip().upper()


def as_published(text: str) -> str:
    """The address of a network nobody reads: not checked, only refused where it cannot be an address at all."""
    if not text:
        raise BadAddress("empty address")
    if len(text) > ADDRESS_CHARS_MAX:
        raise BadAddress(f"longer than {ADDRESS_CHARS_MAX} characters")
    if not text.isascii():
        raise BadAddress("not ASCII: a look-alike character?")
    if not text.isprintable():
        raise BadAddress("control character")
    return text
