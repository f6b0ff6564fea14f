"""Blockfrost in Koios's words, which are those of the Cardano family."""

from chains.rpc.blockfrost.rpc import BlockfrostRpc

__all__ = ["BlockfrostRpc"]
