"""What a caller says of the coin and the block of a dump file."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Rules:
    """``height`` is that of the file's block. A coinbase output can be spent ``maturity`` blocks after its own.

    ``pegouts``: bit 31 of a coin's code says that it came out of MWEB (Litecoin). ``tokens``: a script may stand behind
    a CashTokens prefix (Bitcoin Cash).
    """

    height: int
    maturity: int = 100
    pegouts: bool = False
    tokens: bool = False
