"""How much one request carries: found by trying, per endpoint and way."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(slots=True)
class Chunk:
    """``pairs`` of one address and one token. Half of what failed, and then slowly more again."""

    pairs: int
    pairs_max: int

    def addresses(self, *, tokens: int) -> int:
        return max(1, self.pairs // tokens)

    def succeeded(self, pairs: int) -> None:
        """Only a full chunk says that more could be asked."""
        if pairs > self.pairs // 2:
            self.pairs = min(self.pairs_max, self.pairs + self.pairs // 16 + 1)

    def stopped(self, pairs: int) -> None:
        """The gas of a call was enough for so many: a little less needs no second call for the rest."""
        self.pairs = max(1, min(self.pairs, pairs * 7 // 8))

    def failed(self, pairs: int) -> None:
        self.pairs = max(1, min(self.pairs, pairs // 2))
