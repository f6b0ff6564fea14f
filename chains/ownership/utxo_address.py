"""What a UTXO address commits to, for any coin: a hash and the kind of script around it. Data decides the coin."""

from __future__ import annotations

from typing import Annotated, Literal, NamedTuple

import msgspec

from chains.codec import base58check, bech32, cashaddr
from chains.errors import BadAddress
from chains.ownership.types import Undecidable

Version = Annotated[str, msgspec.Meta(pattern="^([0-9a-f]{2}){1,2}$")]
Form = Literal["p2pkh", "p2sh", "p2sh32", "p2wpkh", "p2wsh", "p2tr"]
_HASH_BYTES = 20


class Versions(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Base58Check versions in hexadecimal (1 or 2 bytes), bech32 prefix, CashAddr prefixes (the usual one first), and
    whether these know tokens."""

    p2pkh: Version
    p2sh: Annotated[tuple[Version, ...], msgspec.Meta(min_length=1)]
    hrp: str = ""
    cashaddr: tuple[str, ...] = ()
    tokens: bool = False


class Target(NamedTuple):
    form: Form
    digest: bytes


_WITNESS: dict[tuple[int, int], Form] = {(0, 20): "p2wpkh", (0, 32): "p2wsh", (1, 32): "p2tr"}


def parse(text: str, versions: Versions) -> Target:
    """Raises BadAddress; Undecidable for a witness version whose rules are not defined."""
    if versions.hrp and text.lower().startswith(f"{versions.hrp}1"):
        version, program = bech32.decode_segwit(text, versions.hrp)
        form = _WITNESS.get((version, len(program)))
        if form is None:
            raise Undecidable(f"no rule for {len(program)} bytes of witness version {version}")
        return Target(form, program)
    if versions.cashaddr and (":" in text or len(text) > len("1" * 35)):
        return Target(*cashaddr.decode(text, versions.cashaddr, tokens=versions.tokens))
    payload = base58check.decode(text)
    head, digest = payload[:-_HASH_BYTES].hex(), payload[-_HASH_BYTES:]
    if head == versions.p2pkh:
        return Target("p2pkh", digest)
    if head in versions.p2sh:
        return Target("p2sh", digest)
    raise BadAddress(f"version {head[:8]!r} is no address of this network")
