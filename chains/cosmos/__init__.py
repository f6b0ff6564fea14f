"""Chains of the Cosmos SDK behind CometBFT: any height the node keeps, with what is delegated and unbonding beside."""

from chains.cosmos.adapter import build

__all__ = ["build"]
