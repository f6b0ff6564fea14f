"""An Electrum server as an Rpc: its own methods as they are, and a node's words for blocks, told from raw headers.

Documents: https://electrumx.readthedocs.io/en/latest/protocol-methods.html (1.4 to 1.6) and, for Fulcrum, which serves
the same, https://electrum-cash-protocol.readthedocs.io. Neither names the hash of a block: it is computed here, so
coins whose block hash is no double SHA-256 of the header are refused by their first block.
"""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from hashlib import sha256

from chains.adapter import Call, Json, Params
from chains.errors import Malformed, RpcFault
from chains.redact import redact
from chains.rpc.client import HttpRpc
from chains.rpc.translated import Translated, no_block

OWN = ("blockchain.", "server.", "mempool.")
_HEADER_BYTES, _AUXPOW_BIT, _MEDIAN_OF = 80, 1 << 8, 11
_TIME = slice(68, 72)


class ElectrumRpc(Translated[HttpRpc]):
    """Implements chains.adapter.Rpc over one connection."""

    def __init__(self, rpc: HttpRpc) -> None:
        super().__init__(rpc)
        self._height_of: dict[str, int] = {}

    async def call(self, method: str, params: Params = ()) -> Json:
        """The result of one call. Raises ChainError; RpcFault for what such a server cannot be asked."""
        if method.startswith(OWN):
            return await self._asked.call(method, params)
        match method, tuple(params):
            case "getblockcount", ():
                return await self._newest()
            case "getblockhash", (int(height),):
                return await self._hash(height)
            case "getblockheader", (str(block_hash),) if block_hash in self._height_of:
                return await self._stated(self._height_of[block_hash], block_hash)
        return await super().call(method, params)

    async def batch(self, calls: Sequence[Call]) -> list[Json | RpcFault]:
        """One result or refusal per call, in order; the server's own methods together, a node's one by one."""
        if all(method.startswith(OWN) for method, _ in calls):
            return await self._asked.batch(calls)
        return await super().batch(calls)

    async def _newest(self) -> int:
        said = await self._asked.call("blockchain.headers.subscribe")
        height = said.get("height") if isinstance(said, dict) else None
        if type(height) is not int or height < 0:
            raise self._malformed("a newest header without its height")
        return height

    async def _hash(self, height: int) -> str:
        try:
            (header,) = await self._headers(height, height)
        except RpcFault:
            if 0 <= height <= await self._newest():
                raise
            raise no_block(self.provider, height) from None
        hashed = sha256(sha256(_hashed_part(header)).digest()).digest()[::-1].hex()
        self._height_of[hashed] = height
        return hashed

    async def _stated(self, height: int, block_hash: str) -> Json:
        headers = await self._headers(max(0, height - _MEDIAN_OF + 1), height)
        times = [int.from_bytes(header[_TIME], "little") for header in headers]
        return {"hash": block_hash, "height": height, "mediantime": statistics.median_high(times)}

    async def _headers(self, first: int, last: int) -> list[bytes]:
        answers = await self._asked.batch([("blockchain.block.header", [height]) for height in range(first, last + 1)])
        return [self._header(answer) for answer in answers]

    def _header(self, answer: Json | RpcFault) -> bytes:
        if isinstance(answer, RpcFault):
            raise answer
        try:
            header = bytes.fromhex(answer) if isinstance(answer, str) else b""
        except ValueError:
            header = b""
        if len(header) < _HEADER_BYTES:
            raise self._malformed("a header that is none")
        return header

    def _malformed(self, what: str) -> Malformed:
        return Malformed(redact(f"{self.provider}: {what}"))


def _hashed_part(header: bytes) -> bytes:
    """All of it, but for the auxiliary proof of work that merged mining hangs on."""
    has_auxpow = int.from_bytes(header[:4], "little") & _AUXPOW_BIT
    return header[:_HEADER_BYTES] if has_auxpow else header
