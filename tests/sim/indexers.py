"""REST indexers on loopback that speak their documented APIs, with the traps of each.

The documents are named in chains/rpc/indexers. ``spoil`` changes an answer before it is sent: (path, answer) -> answer.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from aiohttp import web

from scripts.engines.loopback import Loopback
from tests.sim.faults import json_response
from tests.sim.utxo_ledger import Chain, Output, Tx

Spoil = Callable[[str, Any], Any]


class IndexerServer(Loopback):
    """``paths``: what was asked, in order. ``page``: transactions a page."""

    def __init__(self, chain: Chain, *, page: int = 25, spoil: Spoil = lambda _path, answer: answer) -> None:
        self.chain, self.page, self.spoil = chain, page, spoil
        self.paths: list[str] = []

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        self.paths.append(request.path_qs)
        answer = self.answer(request.path.strip("/").split("/"), dict(request.query))
        if answer is None:
            return web.Response(status=404, text="not found")
        answer = self.spoil(request.path, answer)
        return web.Response(text=answer) if isinstance(answer, str) else json_response(answer)

    def answer(self, path: list[str], query: dict[str, str]) -> Any:
        raise NotImplementedError


class EsploraServer(IndexerServer):
    """Below /api, as most run it."""

    def answer(self, path: list[str], query: dict[str, str]) -> Any:
        match path:
            case ["api", "blocks", "tip", "height"]:
                return str(self.chain.tip)
            case ["api", "block-height", height]:
                return self.chain.hash_at(int(height)) if int(height) <= self.chain.tip else None
            case ["api", "block", block_hash] if (found := self.chain.height_of(block_hash)) is not None:
                return self._block(block_hash, found)
            case ["api", "address", text]:
                return self._stats(text)
            case ["api", "address", text, "txs", kind, *last]:
                return self._page(text, kind, last)
        return None

    def _block(self, block_hash: str, height: int) -> Any:
        return {
            "id": block_hash,
            "height": height,
            "timestamp": self.chain.time(height),
            "mediantime": self.chain.median_time(height),
            "tx_count": 1,
        }

    def _stats(self, text: str) -> Any:
        txs = self.chain.newest_first(text)
        gained = [output.value for tx in txs for output in tx.outputs if output.address == text]
        lost = [output.value for tx in txs for _, _, output in tx.spends if output.address == text]
        sums = {
            "funded_txo_count": len(gained),
            "funded_txo_sum": sum(gained),
            "spent_txo_count": len(lost),
            "spent_txo_sum": sum(lost),
            "tx_count": len(txs),
        }
        waiting = dict.fromkeys(sums, 7)  # of transactions in no block: nothing of it counts
        return {"address": text, "chain_stats": sums, "mempool_stats": waiting}

    def _page(self, text: str, kind: str, last: list[str]) -> Any:
        txs = self.chain.newest_first(text)
        if last:
            places = [number for number, tx in enumerate(txs) if tx.txid == last[0]]
            txs = txs[places[0] + 1 :] if places else []
        return self._listed(txs[: self.page], text, kind)

    def _listed(self, txs: list[Tx], text: str, kind: str) -> Any:
        return [self._tx(tx) for tx in txs] if kind == "chain" else None

    def _tx(self, tx: Tx) -> Any:
        inputs = [
            {"txid": txid, "vout": place, "is_coinbase": False, "prevout": _output(output)}
            for txid, place, output in tx.spends
        ]
        coinbase = {"txid": "00" * 32, "vout": 2**32 - 1, "is_coinbase": True, "prevout": None}
        return {
            "txid": tx.txid,
            "version": 1,
            "vin": inputs or [coinbase],
            "vout": [_output(output) for output in tx.outputs],
            "status": {
                "confirmed": True,
                "block_height": tx.height,
                "block_hash": self.chain.hash_at(tx.height),
                "block_time": self.chain.time(tx.height),
            },
        }


def _output(output: Output) -> Any:
    return {"scriptpubkey": output.script.hex(), "scriptpubkey_address": output.address, "value": output.value}


class MempoolServer(EsploraServer):
    """Of the histories only the summary may be asked: it is what this kind is for."""

    def _listed(self, txs: list[Tx], text: str, kind: str) -> Any:
        if kind != "summary":
            return None
        return [
            {
                "txid": tx.txid,
                "height": tx.height,
                "value": tx.change(text),
                "time": self.chain.time(tx.height),
                "tx_position": 1 if tx.spends else 0,
            }
            for tx in txs
        ]


class BlockbookServer(IndexerServer):
    """``balance`` and ``txs`` are of the tip, whatever is filtered; a page too far is answered with the last one."""

    def answer(self, path: list[str], query: dict[str, str]) -> Any:
        match path:
            case ["api"]:
                best = {"coin": "Litecoin", "bestHeight": self.chain.tip, "inSync": True}
                return {"blockbook": best, "backend": {"blocks": self.chain.tip}}
            case ["api", "v2", "block-index", height] if int(height) <= self.chain.tip:
                return {"blockHash": self.chain.hash_at(int(height))}
            case ["api", "v2", "block", block_hash] if (found := self.chain.height_of(block_hash)) is not None:
                return {"page": 1, "hash": block_hash, "height": found, "time": self.chain.time(found), "txs": []}
            case ["api", "v2", "address", text]:
                return self._address(text, query)
        return None

    def _address(self, text: str, query: dict[str, str]) -> Any:
        txs = self.chain.newest_first(text)
        said = {
            "address": text,
            "balance": str(self.chain.balance(text, self.chain.tip)),
            "unconfirmedBalance": "-77",
            "unconfirmedTxs": 1,
            "txs": len(txs),
        }
        if query.get("details") == "basic":
            return said
        size = min(self.page, int(query.get("pageSize", "1000")))
        pages = max(1, -(-len(txs) // size))
        page = min(int(query.get("page", "1")), pages)
        listed = [self._tx(tx) for tx in txs[(page - 1) * size : page * size]]
        if page == 1:
            listed.insert(0, self._waiting(text))
        return {**said, "page": page, "totalPages": pages, "itemsOnPage": size, "transactions": listed}

    def _tx(self, tx: Tx) -> Any:
        inputs = [
            {"txid": txid, "vout": place, "n": number, **_part(output)}
            for number, (txid, place, output) in enumerate(tx.spends)
        ]
        return {
            "txid": tx.txid,
            "vin": inputs or [{"n": 0, "isAddress": False, "coinbase": "03"}],
            "vout": [{"n": number, **_part(output)} for number, output in enumerate(tx.outputs)],
            "blockHash": self.chain.hash_at(tx.height),
            "blockHeight": tx.height,
            "confirmations": self.chain.tip - tx.height + 1,
        }

    def _waiting(self, text: str) -> Any:
        spends = {"txid": "11" * 32, "n": 0, "addresses": [text], "isAddress": True, "value": "77"}
        return {"txid": "22" * 32, "vin": [spends], "vout": [], "blockHeight": -1, "confirmations": 0}


def _part(output: Output) -> dict[str, Any]:
    part = {"addresses": [output.address], "isAddress": True}
    return {**part, "value": str(output.value)} if output.value else part  # what is empty is left out
