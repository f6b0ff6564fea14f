"""Block explorers on loopback that speak their documented APIs, with the traps of each.

    async with EtherscanServer(Ledger(), faults=[rate_limited]) as server:
        ...  # server.url; the first request meets the fault, all others are served

The documents are named in chains/rpc/explorers.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson
from aiohttp import web

from scripts.engines.loopback import Loopback
from tests.acceptance.world import balance, block
from tests.sim.faults import json_response

TOKEN = "0x" + "dac1" * 10
DECIMALS = 6
Fault = Callable[[web.Request], Awaitable[web.StreamResponse]]
Query = Mapping[str, str]


def token_balance(holder: str) -> int:
    return balance(holder) % 10**15


@dataclass
class Ledger:
    """What the explorer has indexed. ``said`` replaces what it says of some holders, in its own format."""

    chain: int = 1
    head: int = 1_100
    fork: str = ""
    said: dict[str, object] = field(default_factory=dict)

    def block(self, height: int) -> dict[str, Any] | None:
        return block(height, fork=self.fork) if 0 <= height <= self.head else None

    def amount(self, holder: str, token: str | None) -> int:
        return token_balance(holder) if token else balance(holder)


def text(body: str, *, status: int = 200, kind: str = "text/html") -> Fault:
    async def fault(_: web.Request) -> web.StreamResponse:
        return web.Response(text=body, status=status, content_type=kind)

    return fault


def json(value: object) -> Fault:
    async def fault(_: web.Request) -> web.StreamResponse:
        return json_response(value)

    return fault


def not_ok(words: str) -> Fault:
    """Etherscan's failure: status 200."""
    return json({"status": "0", "message": "NOTOK", "result": words})


class Server(Loopback):
    """Serves ``answer`` after the faults. ``queries`` are the parameters of every request, in order of arrival."""

    def __init__(self, ledger: Ledger, faults: Iterable[Fault | None] = ()) -> None:
        self.ledger = ledger
        self.queries: list[dict[str, str]] = []
        self.headers: list[Mapping[str, str]] = []
        self._faults = iter(faults)

    async def answer(self, request: web.Request) -> object:
        raise NotImplementedError

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        self.queries.append(dict(request.query))
        self.headers.append(request.headers)
        fault = next(self._faults, None)
        await asyncio.sleep(0)
        return await fault(request) if fault is not None else json_response(await self.answer(request))


class EtherscanServer(Server):
    """API v2. ``paid`` keys may ask for history; without ``apikey`` nothing is answered."""

    def __init__(self, ledger: Ledger, faults: Iterable[Fault | None] = (), *, paid: bool = True) -> None:
        super().__init__(ledger, faults)
        self._paid = paid

    async def answer(self, request: web.Request) -> object:
        query = request.query
        if request.method != "GET" or query["chainid"] != str(self.ledger.chain):
            return _failed("Missing or unsupported chainid parameter")
        if "apikey" not in query:
            return _failed("Missing/Invalid API Key")
        match query["module"], query["action"]:
            case "proxy", "eth_blockNumber":
                return _result(hex(self.ledger.head))
            case "proxy", "eth_getBlockByNumber":
                # Of the words only numbers are documented; others have been answered about the newest block.
                tag = query["tag"]
                return _result(self.ledger.block(int(tag, 16) if tag.startswith("0x") else self.ledger.head))
            case "proxy", "eth_call":
                return _result(f"0x{DECIMALS:064x}" if query["to"].lower() == TOKEN else "0x")
            case "account", "balancehistory" | "tokenbalancehistory":
                return self._history(query)
            case "account", "balance" | "balancemulti" | "tokenbalance":
                raise AssertionError("these answer about the newest block, whatever was wanted")
        return _failed("Error! Missing Or invalid Action name")

    def _history(self, query: Query) -> object:
        if not self._paid:
            return _failed("Sorry, it looks like you are trying to access an API Pro endpoint. Contact us to upgrade.")
        holder = query["address"].lower()
        if holder in self.ledger.said:
            said = self.ledger.said[holder]
            return said if isinstance(said, dict) else {"status": "1", "message": "OK", "result": said}
        if int(query["blockno"]) > self.ledger.head:
            return _failed("Error! Block number already pass")
        return {"status": "1", "message": "OK", "result": str(self.ledger.amount(holder, query.get("contractaddress")))}


class BlockscoutServer(Server):
    """POST /api/eth-rpc: errors are bare strings, eth_getBalance wants decimal heights, the rest hexadecimal ones."""

    async def answer(self, request: web.Request) -> object:
        call = orjson.loads(await request.read())
        if isinstance(call, list):
            return [await self._one(one) for one in call]
        return await self._one(call)

    async def _one(self, call: Mapping[str, Any]) -> object:
        outcome, error = self._serve(call["method"], call["params"])
        return {"id": call["id"], "jsonrpc": "2.0"} | ({"error": error} if error else {"result": outcome})

    def _serve(self, method: str, params: list[Any]) -> tuple[object, str]:
        match method, params:
            case "eth_chainId", []:
                return hex(self.ledger.chain), ""
            case "eth_getBlockByNumber", [str(tag), False]:
                if tag != "latest" and not tag.startswith("0x"):
                    return None, "invalid block number"
                return self.ledger.block(self.ledger.head if tag == "latest" else int(tag, 16)), ""
            case "eth_getBalance", [str(holder), str(height)]:
                if not height.isdigit():
                    return None, "Query parameter 'block' is invalid"
                if holder in self.ledger.said:
                    said = self.ledger.said[holder]
                    return (said, "") if said is not None else (None, "Balance not found")
                return hex(balance(holder)), ""
            case "eth_call", [{"to": str(to), "data": str(data)}, str(height)]:
                if not height.startswith("0x"):
                    return None, "invalid block number"
                if to.lower() != TOKEN:
                    return "0x", ""
                return f"0x{DECIMALS if len(data) == 10 else token_balance('0x' + data[-40:]):064x}", ""
        return None, "Action not found."


class OkLinkServer(Server):
    """API v5: whole coins as text, and what the answer is about."""

    async def answer(self, request: web.Request) -> object:
        query = request.query
        if "Ok-Access-Key" not in request.headers:
            return {"code": "50103", "msg": "Request header OK-ACCESS-KEY can't be empty", "data": []}
        match request.path.strip("/").removeprefix("api/v5/explorer/"):
            case "blockchain/summary":
                return _rows({"chainShortName": query["chainShortName"], "lastHeight": str(self.ledger.head)})
            case "block/block-fills":
                found = self.ledger.block(int(query["height"]))
                return _rows(*([] if found is None else [self._header(found, query["chainShortName"])]))
            case "token/token-list":
                listed = {"tokenContractAddress": query["tokenContractAddress"], "precision": str(DECIMALS)}
                return _rows({"page": "1", "tokenList": [listed]})
            case "block/address-balance-history":
                return self._history(query)
        return {"code": "51000", "msg": "no such path", "data": []}

    def _header(self, found: Mapping[str, Any], name: str) -> dict[str, str]:
        return {
            "chainShortName": name,
            "height": str(int(found["number"], 16)),
            "hash": found["hash"],
            "blockTime": f"{int(found['timestamp'], 16)}000",
        }

    def _history(self, query: Query) -> object:
        token = query.get("tokenContractAddress", "")
        about = {"address": query["address"], "height": query["height"], "tokenContractAddress": token}
        said = self.ledger.said.get(query["address"])
        if isinstance(said, dict):
            return _rows({**about, "balance": "1", **said})
        decimals = DECIMALS if token else 18
        digits = str(self.ledger.amount(query["address"], token or None)).rjust(decimals + 1, "0")
        whole = f"{digits[:-decimals]}.{digits[-decimals:]}"
        return _rows({**about, "balance": whole if said is None else said, "balanceSymbol": "X"})


def _failed(words: str) -> object:
    return {"status": "0", "message": "NOTOK", "result": words}


def _result(value: object) -> object:
    return {"jsonrpc": "2.0", "id": 1, "result": value}


def _rows(*rows: object) -> object:
    return {"code": "0", "msg": "", "data": list(rows)}
