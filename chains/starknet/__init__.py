"""Starknet: any block accepted on L1, named by its hash, of a node that still has its state."""

from chains.starknet.adapter import build

__all__ = ["build"]
