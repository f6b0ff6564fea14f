"""What can be wrong with a proof."""

from __future__ import annotations

from chains.errors import ChainError


class ProofError(ChainError):
    """The bytes do not prove what they should: forged, damaged, for something else, or not canonical."""


class IncompleteHeader(ChainError):
    """The provider leaves out fields that are always hashed: nothing is proven, nobody has lied."""


class UnknownHeader(ChainError):
    """The header does not hash to its block, perhaps because of fields that are not known here."""
