"""One provider: keep-alive HTTP, limits, deadlines, size caps, classified retries, redaction."""

from chains.rpc.client import HttpRpc, open_rpc
from chains.rpc.http import Counters

__all__ = ["Counters", "HttpRpc", "open_rpc"]
