"""aelf's main chain and its side chains by their nodes: what the token contract says of an owner."""

from chains.aelf.adapter import build

__all__ = ["build"]
