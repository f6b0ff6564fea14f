"""An Electrum server on loopback that speaks the documented line protocol, with the traps of ElectrumX and Fulcrum.

The documents are named in chains/rpc/electrum.py. Requests of a batch are answered in one line, others one by one and
the last first; news come in between.
"""

from __future__ import annotations

import asyncio
import hashlib
import ssl
from collections.abc import Callable
from types import TracebackType
from typing import Any, Self

import orjson

from tests.sim.utxo_ledger import Chain, Output, Tx, headers, script

Spoil = Callable[[str, list[Any], Any], Any]
"""(method, params, result) -> result"""
NEWS = {"jsonrpc": "2.0", "method": "blockchain.headers.subscribe", "params": [{"height": 1, "hex": "00"}]}


class Refused(Exception):
    """Answered as an error."""


class ElectrumServer:
    """``asked``: every (method, params), in order. ``meddle``: lines to send for an answer, or None to hang up."""

    def __init__(
        self,
        chain: Chain,
        *,
        protocols: tuple[str, str] = ("1.4", "1.6"),
        spoil: Spoil = lambda _method, _params, result: result,
        meddle: Callable[[bytes], list[bytes] | None] = lambda line: [line],
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self.chain, self.spoil, self.meddle = chain, spoil, meddle
        self.asked: list[tuple[str, list[Any]]] = []
        self.connections = 0
        self._protocols, self._tls = protocols, tls
        self._headers = list(headers(chain))
        self._histories: dict[str, list[Tx]] = {}
        for number in range(chain.holders):
            output = Output(script(number), 0)
            name = hashlib.sha256(output.script).digest()[::-1].hex()
            self._histories[name] = [tx for tx in chain.txs if tx.touches(output.address)]

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0, limit=1 << 26, ssl=self._tls)
        scheme = "ssl" if self._tls else "tcp"
        self.url = f"{scheme}://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.close()
        await self._server.wait_closed()

    def hash_at(self, height: int) -> str:
        return hashlib.sha256(hashlib.sha256(self._headers[height]).digest()).digest()[::-1].hex()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        try:
            while line := await reader.readline():
                request = orjson.loads(line)
                answer = (
                    [self._answer(each) for each in request] if isinstance(request, list) else self._answer(request)
                )
                lines = self.meddle(orjson.dumps(answer))
                if lines is None:
                    return
                writer.write(orjson.dumps(NEWS) + b"\n")
                for each in lines:
                    writer.write(each + b"\n")
                await writer.drain()
        except (ConnectionError, asyncio.CancelledError):
            pass
        finally:
            writer.close()

    def _answer(self, request: dict[str, Any]) -> dict[str, Any]:
        method, params = request["method"], request["params"]
        self.asked.append((method, params))
        head = {"jsonrpc": "2.0", "id": request["id"]}
        try:
            return {**head, "result": self.spoil(method, params, self._result(method, params))}
        except Refused as refused:
            return {**head, "error": {"code": 1, "message": str(refused)}}

    def _result(self, method: str, params: list[Any]) -> Any:
        match method, params:
            case "server.version", [_, [low, high]]:
                if high < self._protocols[0] or low > self._protocols[1]:
                    raise Refused("unsupported protocol version")
                return ["Scripted 1", min(high, self._protocols[1])]
            case "blockchain.headers.subscribe", []:
                return {"height": self.chain.tip, "hex": self._headers[-1].hex()}
            case "blockchain.block.header", [height]:
                if height > self.chain.tip:
                    raise Refused(f"height {height} out of range")
                return self._headers[height].hex()
            case "blockchain.scripthash.get_history", [name]:
                return [{"tx_hash": tx.txid, "height": tx.height} for tx in self._histories.get(name, [])]
            case "blockchain.scripthash.subscribe", [name]:
                listed = "".join(f"{tx.txid}:{tx.height}:" for tx in self._histories.get(name, []))
                return hashlib.sha256(listed.encode()).hexdigest() if listed else None
            case "blockchain.scripthash.unsubscribe", [_]:
                return True
            case "blockchain.transaction.get", [txid]:
                return next(tx.raw.hex() for tx in self.chain.txs if tx.txid == txid)
        raise Refused(f"unknown method {method}")
