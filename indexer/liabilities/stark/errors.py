"""What can be wrong with a proof. Outside data never rests on ``assert``: these are raised under ``python -O``, too."""

from __future__ import annotations


class ProofError(ValueError):
    """The proof, or a customer's file, does not hold; the message says what."""


class Malformed(ProofError):
    """Not an encoding of this scheme: a wrong length, a value out of range, a second spelling of one element."""


class Refuted(ProofError):
    """Well formed and false: an equation, a path or a commitment does not hold."""


def require(condition: bool, reason: str) -> None:
    """Raises Refuted."""
    if not condition:
        raise Refuted(reason)


def well_formed(condition: bool, reason: str) -> None:
    """Raises Malformed."""
    if not condition:
        raise Malformed(reason)
