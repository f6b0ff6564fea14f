"""What a caller says of the coin and the block of a dump file."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Rules:
    """``height`` is that of the file's block. A coinbase output can be spent ``maturity`` blocks after its own.

    ``pegouts``: bit 31 of a coin's code says that it came out of MWEB (Litecoin). ``stakes``: bit 1 says that it comes
    of a stake, and waits like a coinbase's (Qtum). ``tokens``: a script may stand behind a CashTokens prefix (Bitcoin
    Cash).
    """

    height: int
    maturity: int = 100
    pegouts: bool = False
    stakes: bool = False
    tokens: bool = False

    @property
    def flags(self) -> int:
        """Bits of a code below the height, each of which says that the coin is generated."""
        return 2 if self.stakes else 1
