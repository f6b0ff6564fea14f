"""OKLink's explorer API v5. OKLink belongs to the group of OKX: see ``chains.spec.RELATED``.

Documents: https://www.oklink.com/docs/en (fundamental blockchain data): ``block/address-balance-history`` (native coin,
or a token with ``tokenContractAddress``, at a height), ``block/block-fills`` (a block), ``blockchain/summary`` (newest
height), ``token/token-list`` (``precision``). The key goes into the header Ok-Access-Key; the network is named by the
parameter ``chainShortName``, which config puts into the URL.

Answers are ``{"code": "0", "msg": "", "data": [...]}``, all values strings, and balances in whole coins ("1.5"): they
are scaled exactly by the token's precision. Each answer repeats what it is about, and that is compared.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from chains.adapter import Json
from chains.rpc.explorers.rest import OverRest, Rest
from chains.rpc.explorers.source import holder, no_method

NATIVE_DECIMALS = 18
"""Every EVM counts its native coin in wei."""

_DECIMALS = "0x313ce567"
_TOO_MANY = "50011"
_KEY_REFUSED = re.compile(r"access.?key|api.?key|permission|subscri", re.IGNORECASE)
_AMOUNT = re.compile(r"([0-9]{1,78})(?:\.([0-9]{1,36}))?")
_PRECISION_MAX = 36

Row = dict[str, Json]


class OkLink(OverRest):
    def __init__(self, rest: Rest, chain: int, short_name: str) -> None:
        super().__init__(rest)
        self._chain, self._short_name = chain, short_name
        self._precision: dict[str, int] = {}

    async def chain_number(self) -> Json:
        return hex(self._chain)

    async def newest(self) -> Json:
        height = await self._ask("blockchain/summary", {}, lambda row: self._digits(row, "lastHeight"))
        assert isinstance(height, int)
        return await self.block(height)

    async def block(self, height: int) -> Json:
        """With the parent's hash from the block before, for the API does not tell it."""
        found = await self._header(height)
        if found is None:
            return None
        assert isinstance(found, dict)
        parent = await self._header(height - 1) if height else {"hash": "0x" + "0" * 64}
        if parent is None:
            raise self._rest.malformed(f"block {height} without the block before")
        assert isinstance(parent, dict)
        return found | {"parentHash": parent["hash"]}

    async def balance(self, address: str, height: int) -> Json:
        return hex(await self._history(address, "", height, decimals=NATIVE_DECIMALS))

    async def contract(self, to: str, data: str, height: int) -> Json:
        """``balanceOf`` and ``decimals``; the latter is that of the token's listing, which has no height."""
        address = holder(data)
        if address is None and data != _DECIMALS:
            raise no_method(self._rest.provider, "eth_call of anything but balanceOf and decimals")
        decimals = await self._decimals(to)
        number = decimals if address is None else await self._history(address, to, height, decimals=decimals)
        return f"0x{number:064x}"

    async def _history(self, address: str, token: str, height: int, *, decimals: int) -> int:
        about = {"address": address, "height": str(height), "tokenContractAddress": token}

        def read(row: Row) -> Json:
            for key, wanted in about.items():
                said = row.get(key)
                if not isinstance(said, str) or said.lower() != wanted.lower():
                    raise self._rest.malformed(f"an answer about another {key} than was asked")
            return self._scaled(row.get("balance"), decimals)

        amount = await self._ask("block/address-balance-history", {key: v for key, v in about.items() if v}, read)
        assert isinstance(amount, int)
        return amount

    async def _header(self, height: int) -> Json:
        def read(row: Row) -> Json:
            if str(row.get("chainShortName")).lower() != self._short_name.lower():
                raise self._rest.malformed("a block of another network")
            milliseconds = self._digits(row, "blockTime")
            return {
                "number": hex(self._digits(row, "height")),
                "hash": row.get("hash"),
                "timestamp": hex(milliseconds // 1000),
            }

        return await self._ask("block/block-fills", {"height": str(height)}, read, may_be_empty=True)

    async def _decimals(self, token: str) -> int:
        if token not in self._precision:

            def read(row: Row) -> Json:
                listed = row.get("tokenList")
                entry = listed[0] if isinstance(listed, list) and len(listed) == 1 else None
                if not isinstance(entry, dict) or str(entry.get("tokenContractAddress")).lower() != token.lower():
                    raise self._rest.refused(f"{token} is not a listed token")
                return self._digits(entry, "precision")

            precision = await self._ask("token/token-list", {"tokenContractAddress": token}, read)
            assert isinstance(precision, int)
            if precision > _PRECISION_MAX:
                raise self._rest.malformed(f"{token} with {precision} decimals")
            self._precision[token] = precision
        return self._precision[token]

    async def _ask(
        self, path: str, query: dict[str, str], read: Callable[[Row], Json], *, may_be_empty: bool = False
    ) -> Json:
        def unwrapped(body: Json) -> Json:
            if not isinstance(body, dict) or not isinstance(body.get("code"), str):
                raise self._rest.malformed("not an answer of this API")
            code, said = body["code"], str(body.get("msg"))
            if code == _TOO_MANY:
                raise self._rest.refused(said, 429)
            if code != "0":
                raise self._rest.no_access(said) if _KEY_REFUSED.search(said) else self._rest.refused(f"{code} {said}")
            rows = body.get("data")
            if rows == [] and may_be_empty:
                return None
            if not isinstance(rows, list) or len(rows) != 1 or not isinstance(rows[0], dict):
                raise self._rest.refused("no data about this")
            return read(rows[0])

        return await self._rest.get(path, {"chainShortName": self._short_name, **query}, unwrapped)

    def _digits(self, row: Row, key: str) -> int:
        return int(self._rest.quantity(row.get(key)), 16)

    def _scaled(self, text: Json, decimals: int) -> int:
        """Whole coins to base units, exactly; more digits than the coin has are no amount of it."""
        match = _AMOUNT.fullmatch(text) if isinstance(text, str) and text.isascii() else None
        if match is None:
            raise self._rest.malformed("a balance that is no decimal number")
        fraction = (match[2] or "").rstrip("0")
        if len(fraction) > decimals:
            raise self._rest.malformed(f"a balance with more than {decimals} decimals")
        return int(match[1] + fraction.ljust(decimals, "0"))
