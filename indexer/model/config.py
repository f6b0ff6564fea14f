"""What config says of assets, names, exchanges and policy. Data only; indexer/settings.py reads the files."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

from chains.ownership.types import Verdict
from chains.types import ChainId, Instrument

Decimals = Annotated[int, msgspec.Meta(ge=0, le=36)]
Text = Annotated[str, msgspec.Meta(min_length=1)]
Positive = Annotated[int, msgspec.Meta(ge=1)]
Count = Annotated[int, msgspec.Meta(ge=0, le=100_000)]


class AssetSpec(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One asset. ``scale`` is its common number of decimals: the most that any of its instruments has.

    ``forms`` are names under which it is owed, one to one, though a list's rows of that name are another instrument of
    it: whoever owes 5 BETH owes 5 ETH. No row of a list is understood by them.
    """

    symbol: Text
    name: Text
    scale: Decimals
    aliases: tuple[str, ...] = ()
    forms: tuple[str, ...] = ()


class ListedInstrument(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One asset on one network.

    ``form`` is set where the instrument is not the asset itself but stands for it one to one: counting it is an
    explicit rule, made here. ``confirmed`` means that ``sources`` are at least two public ones which agree.
    Without an ``id`` there must be a reason why (``unsupported``); amounts still have their decimals.
    """

    asset: Text
    chain: ChainId
    decimals: Decimals
    id: Instrument | None = None
    form: Literal["wrapped", "staked", "bridged"] | None = None
    confirmed: bool = False
    sources: tuple[str, ...] = ()
    unsupported: Text | None = None


class NameSpec(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What an exchange means by one name, as a coin and as a network.

    ``instrument`` only where the asset has several on the chain. Without a ``chain`` the reason is ``unsupported``,
    and ``decimals`` keeps the amounts exact.
    """

    asset: Text
    chain: ChainId | None = None
    instrument: Instrument | None = None
    decimals: Decimals | None = None
    unsupported: Text | None = None


class ExchangeSpec(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One exchange to refresh.

    ``lists`` is a glob of published address lists; ``liabilities`` and ``commitment`` (all the files it finds) are ones
    in which ``{stem}`` is the list's own file name without its last suffix. Relative ones start at the directory of the
    file that names them.
    """

    name: Text
    lists: Text
    liabilities: Text | None = None
    commitment: Text | None = None


class Policy(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """How an audit is run. Changing it never changes how a list is understood."""

    quorum: Positive = 1  # independent witnesses that must agree on a balance
    workers_per_lane: Positive = 2  # shards of one chain and witness that are read at the same time
    lease_s: Positive = 120  # a shard whose worker is silent for longer may be taken over
    heartbeat_s: Positive = 20
    passes_max: Positive = 3  # sweeps over what is still unread before a run reports itself incomplete
    pass_pause_s: Annotated[int, msgspec.Meta(ge=0)] = 5
    exceptions_max: Positive = 1000  # rows listed one by one in a report
    prove_top: Count = 10  # largest claims of an asset on a network that are proven, where the network has proofs
    prove_draws: Count = 299  # further ones drawn by value: 299 find 1 % of overstatement with 95 % probability
    reconcile: bool = True  # follow transfers from the claimed height to the reading, where only now can be read
    reconcile_days_max: Positive = 8  # how long before the reading after a reading before may be, to be followed from
    prove_seed: str = ""  # of the draws; '' draws a new one for every run, after everything was read
    # Verdicts on a row's signatures that count toward the reserve, wherever a list publishes any signature at all.
    ownership_counts: Annotated[tuple[Verdict, ...], msgspec.Meta(min_length=1)] = (Verdict.OWNED, Verdict.OWNER_SIGNED)
