"""web3.py over our own Rpc, so that its limits, retries and redaction hold for metadata too.

Import this module lazily: ``import web3`` costs about two seconds of CPU.
"""

from __future__ import annotations

import sys
from typing import Any

_recursion_limit = sys.getrecursionlimit()

from web3 import AsyncWeb3  # noqa: E402
from web3.providers.async_base import AsyncBaseProvider  # noqa: E402
from web3.types import RPCEndpoint, RPCResponse  # noqa: E402

from chains.adapter import Rpc  # noqa: E402

# py_ecc, which web3 brings, raises the limit so far that deeply nested JSON would overflow the stack of the process.
sys.setrecursionlimit(_recursion_limit)


class RpcProvider(AsyncBaseProvider):
    """Forwards every request. A ChainError of the Rpc passes through web3 unchanged."""

    # A token could otherwise steer HTTP requests of ours (EIP-3668).
    global_ccip_read_enabled = False

    def __init__(self, rpc: Rpc) -> None:
        super().__init__()
        self._rpc = rpc

    async def make_request(self, method: RPCEndpoint, params: Any) -> RPCResponse:
        return {"jsonrpc": "2.0", "id": 0, "result": await self._rpc.call(method, params)}


def connect(rpc: Rpc) -> AsyncWeb3[RpcProvider]:
    """A web3 without middleware: its validation would send two more requests with every call."""
    return AsyncWeb3(RpcProvider(rpc), middleware=[])
