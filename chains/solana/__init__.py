"""Solana: only the newest finalized slot can be read; every reading says which slot that was."""

from chains.solana.adapter import build

__all__ = ["build"]
