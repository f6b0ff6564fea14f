"""Algorand by a node (algod): accounts and their assets as of the newest round, and transactions by an indexer."""

from chains.algorand.adapter import build

__all__ = ["build"]
