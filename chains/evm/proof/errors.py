"""What can be wrong with a proof."""

from __future__ import annotations

from chains.errors import ChainError


class ProofError(ChainError):
    """The bytes do not prove what they should: forged, damaged, for something else, or not canonical."""


class UnknownHeader(ChainError):
    """The header has fields whose place in its hash is not known here: nothing is proven, nobody has lied."""
