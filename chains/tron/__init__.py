"""Tron: only the newest solid block can be read; every reading says which block that was."""

from chains.tron.adapter import build

__all__ = ["build"]
