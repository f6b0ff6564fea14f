"""What intake refuses: a whole file, or one line of it."""

from __future__ import annotations

from indexer.model.claims import RejectReason


class BadList(ValueError):
    """A published list that cannot be read at all; the message says why."""


class BadStatement(ValueError):
    """A statement of liabilities that cannot be used; the message names the key or line."""


class Refused(Exception):
    """One line that is no claim. What could be read of it travels along."""

    def __init__(
        self, reason: RejectReason, detail: str, *, instrument_no: int | None = None, claimed: int | None = None
    ) -> None:
        super().__init__(detail)
        self.reason = reason
        self.detail = detail
        self.instrument_no = instrument_no
        self.claimed = claimed
