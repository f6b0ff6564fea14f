"""Coin or network name -> kind of proof -> verdict. Config is data; this is the only door to the schemes."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Any

import msgspec

from chains.errors import BadAddress
from chains.ownership.registry import scheme
from chains.ownership.types import BadProof, OwnershipClaim, OwnershipResult, Prove, Undecidable, Verdict

CELL_CHARS_MAX = 16_384
"""Longer cells are refused unread: the largest honest one, a 15-key script in hexadecimal, has about 1,100."""
Text = Annotated[str, msgspec.Meta(min_length=1)]


class KindSpec(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """How the rows of some names are proven: an ``[[ownership]]`` entry.

    ``names``: coins and networks as lists write them. ``options`` belong to the scheme, which decodes them strictly.
    Without a ``scheme`` there must be a reason why (``unsupported``).
    """

    kind: Text
    names: Annotated[tuple[Text, ...], msgspec.Meta(min_length=1)]
    scheme: Text | None = None
    options: dict[str, Any] = {}
    unsupported: Text | None = None


class BadKind(ValueError):
    """A kind that contradicts itself or another one; the message names both."""


class Book:
    """Every kind of the configuration. Pure. Pickles as its specs, so that each process decodes them once."""

    def __init__(self, kinds: Iterable[KindSpec]) -> None:
        """Raises BadKind, UnknownScheme, or msgspec.ValidationError for bad options."""
        self.kinds = tuple(kinds)
        self._by_name: dict[str, KindSpec] = {}
        self._proves: dict[str, tuple[Prove, msgspec.Struct]] = {}
        for spec in self.kinds:
            if (spec.scheme is None) == (spec.unsupported is None):
                raise BadKind(f"{spec.kind}: either a scheme or the reason why it has none")
            if spec.scheme is not None:
                found = scheme(spec.scheme)
                self._proves[spec.kind] = found.prove, msgspec.convert(spec.options, found.options)
            for name in spec.names:
                key = name.strip().upper()
                if (other := self._by_name.setdefault(key, spec)) is not spec:
                    raise BadKind(f"{name} is of kind {other.kind} and of kind {spec.kind}")

    def __reduce__(self) -> tuple[type[Book], tuple[tuple[KindSpec, ...]]]:
        return Book, (self.kinds,)

    def kind_of(self, coin: str, network: str = "") -> KindSpec | None:
        """The kind of a row: its network's where the list gives one, else its coin's. None for unknown names."""
        name = network.strip() or coin.strip()
        return self._by_name.get(name) or self._by_name.get(name.upper())

    def verify(self, coin: str, network: str, claim: OwnershipClaim) -> OwnershipResult:
        """The verdict on one row. Never raises, whatever the row says."""
        if not (claim.signature1 or claim.signature2):
            return OwnershipResult(Verdict.UNSIGNED, "", "no signature is published")
        spec = self.kind_of(coin, network)
        if spec is None:
            return OwnershipResult(Verdict.UNSUPPORTED, "", f"unknown name {(network or coin).strip()[:60]!r}")
        if spec.unsupported is not None:
            return OwnershipResult(Verdict.UNSUPPORTED, spec.kind, spec.unsupported)
        try:
            _refuse_unreadable(claim)
            prove, options = self._proves[spec.kind]
            return prove(claim, options)
        except (BadAddress, BadProof) as error:
            return OwnershipResult(Verdict.BAD_SIGNATURE, spec.kind, str(error))
        except Undecidable as error:
            return OwnershipResult(Verdict.UNSUPPORTED, spec.kind, str(error))


def _refuse_unreadable(claim: OwnershipClaim) -> None:
    if not claim.signature1:
        raise BadProof("a second signature, but no first one")
    whole = "".join(claim)
    if len(whole) <= CELL_CHARS_MAX and whole.isascii():  # nearly always
        return
    for name, text in zip(claim._fields, claim, strict=True):
        if len(text) > CELL_CHARS_MAX:
            raise BadProof(f"{name}: more than {CELL_CHARS_MAX} characters")
        if name != "message" and not text.isascii():
            raise BadProof(f"{name}: not ASCII: a look-alike character?")
    try:
        claim.message.encode()
    except UnicodeEncodeError:
        raise BadProof("message: half a surrogate pair is no text") from None
