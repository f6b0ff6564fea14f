"""What config says of a chain and of a provider. Data only; indexer/settings.py reads the files."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import msgspec

from chains.errors import BadAddress
from chains.types import ChainId, Instrument

# fmt: off
ProviderKind = Literal[
    "rpc", "trongrid",
    "etherscan", "blockscout", "oklink", "blockfrost",
    "electrum", "esplora", "mempool", "blockbook",
    "tronscan", "subscan",
]
# fmt: on
"""How a provider is spoken to: as a node, or by the API of one of these explorers (chains/rpc)."""

PACE_PER_S: dict[ProviderKind, float] = {
    "rpc": 50.0,
    "trongrid": 15.0,
    "etherscan": 2.0,
    "blockscout": 5.0,
    "oklink": 5.0,
    "blockfrost": 10.0,
    "electrum": 50.0,
    "esplora": 5.0,
    "mempool": 2.0,
    "blockbook": 0.33,
    "tronscan": 5.0,
    "subscan": 5.0,
}
"""Etherscan throttles historical balances to two a second, whatever is paid; public Blockbooks bear 20 a minute."""

NODES: frozenset[str] = frozenset({"rpc", "trongrid"})
"""Kinds that are asked as a node. TronGrid is java-tron's API at its makers'; its own index (/v1) names no block."""

INDEXERS: frozenset[str] = frozenset({"electrum", "esplora", "mempool", "blockbook"})
"""Kinds that keep an index of addresses of Bitcoin-type chains."""

ONLY_NOW: frozenset[str] = frozenset({"tronscan", "subscan"})
"""Kinds that say what addresses hold now and never of which block (``chains.adapter.OnlyNow``): they check, only."""

_OF_TRON = ("HTX", "Huobi", "Poloniex")
RELATED: dict[ProviderKind, tuple[str, ...]] = {"oklink": ("OKX",), "trongrid": _OF_TRON, "tronscan": _OF_TRON}
"""Exchanges whose group runs every provider of a kind, or whose adviser or investor founded it (TRON's founder, of HTX
and Poloniex); no config needs to repeat it."""


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

    def parse_native(self, text: str) -> Instrument:
        """For families that read nothing but the native coin. Raises BadAddress for anything else."""
        if text != self.native:
            raise BadAddress(f"the only instrument of {self.id} is {self.native}")
        return self.native


class NoOptions(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """``options`` of a family that has none."""


class ProviderSpec(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True, omit_defaults=True):
    """One endpoint of one chain. ``url``, ``headers`` and ``proxy`` may hold secrets: never print this struct.

    ``operator`` names who runs it; two providers of one operator count as one witness.
    ``url`` credentials (user:password@) become basic authentication.

    An explorer (``kind``) answers from its own index, one balance a request, by height. It names no final block: only
    blocks that another provider called final are read from it, unless ``final_depth`` says how many blocks below its
    newest one are final enough; and where it knows only now, it only checks. ``related_to`` are exchanges of whom the
    operator is a related party.
    ``requests_max``, ``bytes_max`` (of bodies, both ways) and ``units_max`` are budgets for one run of the command.
    Work is kept a shard at a time (100 balances where a witness has explorers only, thousands else): a budget below
    what a shard takes is spent in vain. ``units`` is what one call of a method costs in the provider's own money
    ("compute units"); "*" stands for all methods that are not named.
    ``dumps``: a folder of dumped sets of unspent outputs, under the same path for this node and for us.
    """

    name: str
    chain: ChainId
    url: str
    operator: str
    kind: ProviderKind = "rpc"
    related_to: tuple[str, ...] = ()
    final_depth: int | None = None
    headers: dict[str, str] = {}
    proxy: str | None = None
    allow_private: bool = True
    in_flight_max: int = 8
    per_second_max: float | None = None
    timeout_s: float = 30.0
    attempts_max: int = 6
    body_bytes_max: int = 64 * 1024 * 1024
    batch_max: int = 100
    requests_max: int | None = None
    dumps: str | None = None
    bytes_max: int | None = None
    units_max: int | None = None
    units: dict[str, Annotated[int, msgspec.Meta(ge=0)]] = {}

    def cost(self, method: str) -> int:
        """Units of one call, every attempt and every call of a batch by itself, as providers bill."""
        return self.units.get(method, self.units.get("*", 0))

    @property
    def is_explorer(self) -> bool:
        return self.kind not in NODES

    @property
    def is_indexer(self) -> bool:
        """Whether it answers from an index of Bitcoin-type addresses, one a request."""
        return self.kind in INDEXERS

    @property
    def only_now(self) -> bool:
        """Whether it can only be asked beside somebody who reads at a block."""
        return self.kind in ONLY_NOW

    @property
    def schemes(self) -> tuple[str, ...]:
        """Of its URL."""
        return ("tcp", "ssl") if self.kind == "electrum" else ("http", "https")

    @property
    def pace_per_s(self) -> float:
        """Requests a second: as configured, else what the kind of provider is known to bear."""
        return PACE_PER_S[self.kind] if self.per_second_max is None else self.per_second_max

    def is_related_to(self, exchange: str) -> bool:
        known = RELATED.get(self.kind, ())
        return exchange.casefold() in {name.casefold() for name in (*self.related_to, *known)}

    def __repr__(self) -> str:
        return f"ProviderSpec({self.name!r}, chain={self.chain!r}, operator={self.operator!r})"

    def secrets(self) -> tuple[str, ...]:
        """Every string that must never reach a log, an error, an export or a bundle."""
        return (self.url, *self.headers.values(), *([self.proxy] if self.proxy else []))
