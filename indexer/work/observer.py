"""What a run tells the one who watches it. The command line draws bars from it; tests record it."""

from __future__ import annotations

from typing import Protocol

from chains.adapter import Step
from chains.types import ChainId
from indexer.model.run import Pin


class Observer(Protocol):
    def imported(self, lines: int) -> None:
        """So many more lines of the list were read."""
        ...

    def verified(self, rows: int) -> None:
        """The signatures of so many more rows were judged."""
        ...

    def pinned(self, pin: Pin, keys: int) -> None:
        """A network was pinned, or could not be (``pin.problem``)."""
        ...

    def reading(self, chain: ChainId, provider: str, step: Step) -> None:
        """How far one provider's long answer is: it may be minutes before its keys are committed."""
        ...

    def read(self, chain: ChainId, keys: int) -> None:
        """So many more keys are committed."""
        ...

    def problem(self, chain: ChainId, text: str) -> None:
        """Something went wrong and will be tried again, or shows in the report."""
        ...


class Silent:
    """Nobody watches."""

    def imported(self, lines: int) -> None: ...
    def verified(self, rows: int) -> None: ...
    def pinned(self, pin: Pin, keys: int) -> None: ...
    def reading(self, chain: ChainId, provider: str, step: Step) -> None: ...
    def read(self, chain: ChainId, keys: int) -> None: ...
    def problem(self, chain: ChainId, text: str) -> None: ...
