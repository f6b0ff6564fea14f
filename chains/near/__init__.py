"""NEAR: any block, by hash, of a node that has its state."""

from chains.near.adapter import build

__all__ = ["build"]
