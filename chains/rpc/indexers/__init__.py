"""REST indexers of Bitcoin-type chains as an Rpc: blocks in a node's words, addresses in those of Dash's index."""

from chains.rpc.indexers.rpc import IndexerRpc

__all__ = ["IndexerRpc"]
