"""One provider: keep-alive HTTP, limits, deadlines, size caps, classified retries, redaction."""

from chains.rpc.client import HttpRpc, open_rpc
from chains.rpc.explorers import ExplorerRpc
from chains.rpc.http import Counters
from chains.rpc.opening import open_provider

__all__ = ["Counters", "ExplorerRpc", "HttpRpc", "open_provider", "open_rpc"]
