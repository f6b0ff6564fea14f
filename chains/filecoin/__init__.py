"""Filecoin's native actors: any tipset, as its own messages left it."""

from chains.filecoin.adapter import build

__all__ = ["build"]
