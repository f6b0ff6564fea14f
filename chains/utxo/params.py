"""What differs from one Bitcoin-type coin to the next: data of a chain's config entry, never code."""

from __future__ import annotations

from typing import Annotated

import msgspec

from chains.spec import ChainSpec

REFERENCE_LETTERS = 32
Version = Annotated[int, msgspec.Meta(ge=0, le=255)]
BlockHash = Annotated[str, msgspec.Meta(pattern="^[0-9a-f]{64}$")]
Hrp = Annotated[str, msgspec.Meta(pattern="^[a-z]{1,20}$")]


class Checkpoint(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A block after the last split, for coins that share their genesis block with another."""

    height: Annotated[int, msgspec.Meta(ge=1)]
    hash: BlockHash


class Coin(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """``options`` of a chain of family utxo.

    ``p2sh``: the first version is the canonical one, further ones are read and rewritten to it.
    ``hrp``: bech32 prefix; None where the chain has no segwit. ``mweb_hrp``: prefix of addresses whose coins are not
    in the set of unspent outputs. ``confirmations``: how deep a block must lie to be final, 1 being the tip.
    """

    p2pkh: Version
    p2sh: Annotated[tuple[Version, ...], msgspec.Meta(min_length=1)]
    hrp: Hrp | None = None
    mweb_hrp: Hrp | None = None
    confirmations: Annotated[int, msgspec.Meta(ge=1)]
    checkpoint: Checkpoint | None = None


def coin_of(spec: ChainSpec) -> Coin:
    """The coin of one configured chain. Raises msgspec.ValidationError."""
    coin = msgspec.convert(spec.options, Coin)
    if len({coin.p2pkh, *coin.p2sh}) != 1 + len(coin.p2sh):
        raise msgspec.ValidationError(f"{spec.id}: address versions must differ - at `$.options`")
    namespace, _, reference = spec.id.partition(":")
    if namespace != "bip122" or len(reference) != REFERENCE_LETTERS:
        raise msgspec.ValidationError(f"{spec.id}: a chain of family utxo is named bip122:<32 hex> - at `$.id`")
    return coin
