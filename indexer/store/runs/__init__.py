"""Runs: one audit of one list against one statement, the blocks it is pinned to, and the shards it is cut into."""

from indexer.store.runs.opening import get_run, is_audited, latest_run, list_runs, open_run
from indexer.store.runs.pinning import (
    RunFrozen,
    claim_groups,
    exclude_instrument,
    pins,
    read_pins,
    save_pin,
    start_sweep,
    void_pin,
)

__all__ = [
    "RunFrozen",
    "claim_groups",
    "exclude_instrument",
    "get_run",
    "is_audited",
    "latest_run",
    "list_runs",
    "open_run",
    "pins",
    "read_pins",
    "save_pin",
    "start_sweep",
    "void_pin",
]
