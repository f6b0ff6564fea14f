"""Etherscan's API v2, one address for all its chains.

Documents: https://docs.etherscan.io/api-reference/endpoint/balancehistory (native, at a block; paid plans only),
.../tokenbalancehistory (ERC-20, at a block; paid), .../ethblocknumber, .../ethgetblockbynumber and .../ethcall
(``module=proxy``), https://docs.etherscan.io/resources/common-error-messages. ``balance``, ``balancemulti`` and
``tokenbalance`` know only the newest block, so they are never used.

Failures come with status 200, as ``{"status": "0", "message": "NOTOK", "result": "<words>"}``, of ``proxy``, too.
The chain is named in every question, so its number needs no asking; that it is the right chain shows in its blocks.
"""

from __future__ import annotations

import re

from chains.adapter import Json
from chains.errors import ChainError, Pruned, Transport
from chains.rpc.explorers.rest import OverRest, Read, Rest
from chains.rpc.explorers.source import SELECTOR_LENGTH, holder, no_method

_KEY_REFUSED = re.compile(r"invalid api key|missing.{0,20}api key|api key.{0,20}(?:missing|blocked)", re.IGNORECASE)
_PAID_ONLY = re.compile(r"\bpro\b|free api access|upgrade", re.IGNORECASE)
_OVERLOADED = re.compile(r"timeout|timed out|server too busy|try again", re.IGNORECASE)


class Etherscan(OverRest):
    def __init__(self, rest: Rest, chain: int) -> None:
        super().__init__(rest)
        self._chain = chain

    async def chain_number(self) -> Json:
        return hex(self._chain)

    async def newest(self) -> Json:
        number = await self._proxy("eth_blockNumber")
        if not isinstance(number, str):
            raise self._rest.malformed("the newest block has no number")
        return await self._proxy("eth_getBlockByNumber", tag=number, boolean="false")

    async def block(self, height: int) -> Json:
        return await self._proxy("eth_getBlockByNumber", tag=hex(height), boolean="false")

    async def balance(self, address: str, height: int) -> Json:
        return await self._account("balancehistory", address=address, blockno=str(height))

    async def contract(self, to: str, data: str, height: int) -> Json:
        """``balanceOf`` by the history of the token; getters without arguments (``decimals``) by ``eth_call``."""
        address = holder(data)
        if address is not None:
            amount = await self._account(
                "tokenbalancehistory", contractaddress=to, address=address, blockno=str(height)
            )
            assert isinstance(amount, str), "a quantity"
            return f"0x{int(amount, 16):064x}"
        if len(data) != SELECTOR_LENGTH:
            raise no_method(self._rest.provider, "eth_call of anything but balanceOf and plain getters")
        return await self._proxy("eth_call", to=to, data=data, tag=hex(height))

    async def _account(self, action: str, **query: str) -> Json:
        return await self._get({"module": "account", "action": action, **query}, self._read_account)

    async def _proxy(self, action: str, **query: str) -> Json:
        return await self._get({"module": "proxy", "action": action, **query}, self._read_proxy)

    async def _get(self, query: dict[str, str], read: Read) -> Json:
        return await self._rest.get("", {"chainid": str(self._chain), **query}, read)

    def _read_account(self, body: Json) -> Json:
        if not isinstance(body, dict) or body.get("status") != "1":
            raise self._failure(body)
        return self._rest.quantity(body.get("result"))

    def _read_proxy(self, body: Json) -> Json:
        if not isinstance(body, dict) or "status" in body:
            raise self._failure(body)
        error = body.get("error")
        if error is not None:
            words, code = (error.get("message"), error.get("code")) if isinstance(error, dict) else (error, 0)
            raise self._rest.refused(str(words), code if isinstance(code, int) else 0)
        if "result" not in body:
            raise self._rest.malformed("an answer with neither result nor error")
        return body["result"]

    def _failure(self, body: Json) -> ChainError:
        """Nothing here is ever an amount, "No transactions found" and the like included."""
        if not isinstance(body, dict) or body.get("status") != "0":
            return self._rest.malformed("not an answer of this API")
        words = body.get("result") if isinstance(body.get("result"), str) and body["result"] else body.get("message")
        said = str(words)
        if _KEY_REFUSED.search(said):
            return self._rest.no_access(said)
        failure = self._rest.refused(said)
        if isinstance(failure, Transport):
            return failure
        if _OVERLOADED.search(said):
            return Transport(str(failure))
        if _PAID_ONLY.search(said):
            return Pruned(0, f"no balances of past blocks with this key: {failure}")
        return failure
