"""Stellar by its RPC: the ledger entry of each account, as of the newest ledger only."""

from chains.stellar.adapter import build

__all__ = ["build"]
