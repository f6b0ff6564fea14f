"""Ownership: verdicts on signatures, and what the chains say of controllers. What both come to: results/ownership."""

from indexer.store.ownership.controls import open_rows, save_outcomes
from indexer.store.ownership.verdicts import (
    MESSAGES_MAX,
    CheckState,
    check_state,
    finish_check,
    forget_unfinished,
    save_verdicts,
)

__all__ = [
    "MESSAGES_MAX",
    "CheckState",
    "check_state",
    "finish_check",
    "forget_unfinished",
    "open_rows",
    "save_outcomes",
    "save_verdicts",
]
