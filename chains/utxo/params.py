"""What differs from one Bitcoin-type coin to the next: data of a chain's config entry, never code."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

from chains.spec import ChainSpec
from chains.utxo.raw import Form

REFERENCE_LETTERS = 32
Version = Annotated[int, msgspec.Meta(ge=0, le=0xFFFF)]
BlockHash = Annotated[str, msgspec.Meta(pattern="^[0-9a-f]{64}$")]
Hrp = Annotated[str, msgspec.Meta(pattern="^[a-z]{1,20}$")]
Count = Annotated[int, msgspec.Meta(ge=1)]
HeaderForm = Literal["plain", "auxpow", "stated"]


class Checkpoint(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A block after the last split, for coins that share their genesis block with another."""

    height: Count
    hash: BlockHash


class Coin(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """``options`` of a chain of family utxo.

    Addresses. ``p2pkh``, ``p2sh``: Base58Check versions, of two bytes where above 255; the first of ``p2sh`` is the
    canonical one, further ones are read and rewritten to it. ``hrp``: bech32 prefix; None where the chain has no
    segwit. ``cashaddr``: prefixes of CashAddr, the canonical one first; then Base58 is read and rewritten, too.
    ``hidden``: bech32 prefixes of addresses whose coins are in no set of unspent outputs, and what these are called.

    Blocks. ``confirmations``: how deep a block must lie to be final, 1 being the tip. ``maturity``: how many blocks a
    coinbase waits. ``header``: as Bitcoin's, the same with an auxiliary proof of work, or else what the node states.
    ``header_tail``, ``tokens``, ``payloads``, ``stakes``: see chains/utxo/raw.py, `Form`; ``tailed_since``: `name`.
    ``header_hash``: sha256d where a block's name is the double SHA-256 of its header, so that blocks can be held to it;
    other where it is a hash that no library here computes: then blocks rest on the node's word for their names, and on
    each naming the one before. ``pegouts``: a dumped coin may be marked as out of hiding.
    ``magic``: how dump files name the network. ``walkable``: transactions are of Bitcoin's own form; where they
    are not, blocks cannot be followed, and only an index can be asked.
    ``named_at``: the height of the block whose hash names the chain, where it shares its genesis block with another.
    """

    p2pkh: Version
    p2sh: Annotated[tuple[Version, ...], msgspec.Meta(min_length=1)]
    hrp: Hrp | None = None
    cashaddr: tuple[Hrp, ...] = ()
    hidden: dict[Hrp, str] = {}
    confirmations: Count
    maturity: Count = 100
    header: HeaderForm = "plain"
    header_hash: Literal["sha256d", "other"] = "sha256d"
    header_tail: Count | None = None
    tailed_since: Annotated[int, msgspec.Meta(ge=0)] = 0
    tokens: bool = False
    payloads: bool = False
    stakes: bool = False
    pegouts: bool = False
    walkable: bool = True
    magic: Annotated[str, msgspec.Meta(pattern="^[0-9a-f]{8}$")] | None = None
    checkpoint: Checkpoint | None = None
    named_at: Annotated[int, msgspec.Meta(ge=0)] = 0

    @property
    def form(self) -> Form:
        """Of its blocks and transactions."""
        return Form(self.header == "auxpow", self.tokens, self.payloads, self.stakes, self.header_tail)


def coin_of(spec: ChainSpec) -> Coin:
    """The coin of one configured chain. Raises msgspec.ValidationError."""
    coin = msgspec.convert(spec.options, Coin)
    if len({coin.p2pkh, *coin.p2sh}) != 1 + len(coin.p2sh):
        raise msgspec.ValidationError(f"{spec.id}: address versions must differ - at `$.options`")
    namespace, _, reference = spec.id.partition(":")
    if namespace != "bip122" or len(reference) != REFERENCE_LETTERS:
        raise msgspec.ValidationError(f"{spec.id}: a chain of family utxo is named bip122:<32 hex> - at `$.id`")
    return coin
