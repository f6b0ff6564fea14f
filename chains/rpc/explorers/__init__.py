"""Block explorers behind the Rpc protocol: the few calls of the EVM family, in the words of each explorer's own API."""

from chains.rpc.explorers.rpc import ExplorerRpc
from chains.rpc.explorers.source import Source

__all__ = ["ExplorerRpc", "Source"]
