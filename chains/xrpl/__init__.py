"""The XRP Ledger: any validated ledger, named by its hash, of a server that still has it."""

from chains.xrpl.adapter import build

__all__ = ["build"]
