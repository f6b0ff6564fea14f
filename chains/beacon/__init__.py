"""Validators of Ethereum's beacon chain: staked ETH, by validator key."""

from chains.beacon.adapter import build

__all__ = ["build"]
