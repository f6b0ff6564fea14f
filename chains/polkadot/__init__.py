"""Substrate chains of the Polkadot kind: the relay chains and their Asset Hubs, read by storage key at a block hash."""

from chains.polkadot.adapter import build

__all__ = ["build"]
