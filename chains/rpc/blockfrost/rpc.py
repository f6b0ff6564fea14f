"""Blockfrost as an Rpc of the Cardano family, asked for one address a request.

Documents: https://docs.blockfrost.io and https://github.com/blockfrost/openapi (``/genesis``, ``/blocks/{which}``,
``/addresses/{address}``, ``/addresses/{address}/transactions``, ``/txs/{hash}``, ``/txs/{hash}/utxos``); what an answer
means: https://github.com/blockfrost/blockfrost-backend-ryo. The key goes into the header ``project_id``, and the
provider's URL ends in ``/api/v0``. Answers are of the newest block, which the family holds against ``/blocks/latest``
before and after. Lists come in pages of 100. 402 (the day's requests are spent), 403 (the key) and 418 (banned for
going on) concern every question, not one address.
"""

from __future__ import annotations

from collections.abc import Sequence

from chains import search_time
from chains.adapter import Call, Json, Params
from chains.answers import SECOND, utc
from chains.errors import ChainError, RpcFault
from chains.redact import redact
from chains.rpc.blockfrost import koios
from chains.rpc.client import HttpRpc
from chains.rpc.translated import Translated
from chains.types import BlockRef

PAGE = 100
PAGES_MAX = 10
"""As many rows as make Koios cut its answer, which the family takes for too many."""
_NO_ACCESS = (402, 403, 418)


class BlockfrostRpc(Translated[HttpRpc]):
    """Implements chains.adapter.Rpc for the calls of the Cardano family."""

    async def call(self, method: str, params: Params = ()) -> Json:
        """The answer Koios would give. Raises ChainError; RpcFault for what Blockfrost cannot be asked."""
        match method, params:
            case "GET genesis", _:
                return [koios.genesis(await self._asked.call("GET genesis"))]
            case "GET tip", _:
                return [koios.tip(await self._block("latest"))]
            case "GET blocks", {"block_time": str(bound), "order": "block_height.desc", "limit": 1}:
                return [koios.tip(await self._last_block(bound))]
            case "POST address_info", {"_addresses": list(addresses)}:
                return await self._infos(addresses)
            case "POST address_txs", {"_addresses": list(addresses), "_after_block_height": int(first)}:
                return await self._transactions(addresses, first)
            case "POST tx_info", {"_tx_hashes": list(hashes)}:
                return await self._details(hashes)
        return await super().call(method, params)

    async def _block(self, which: int | str) -> BlockRef:
        return koios.block(await self._asked.call(f"GET blocks/{which}"))

    async def _last_block(self, bound: str) -> BlockRef:
        """The last one of ``lte.<Unix time>``, a filter of Koios's: here it takes a search."""
        operator, _, seconds = bound.partition(".")
        assert operator == "lte", "the only bound that is asked for"
        time = utc(int(seconds) * SECOND, "block_time")
        return await search_time.find(self._block, await self._block("latest"), height=None, time=time)

    async def _infos(self, addresses: Sequence[str]) -> Json:
        answers = await self._ask([(f"GET addresses/{address}", {}) for address in addresses])
        pairs = zip(addresses, answers, strict=True)
        return [koios.address_info(address, answer) for address, answer in pairs if not koios.is_unknown(answer)]

    async def _transactions(self, addresses: Sequence[str], first: int) -> Json:
        """Oldest first, so that a block that comes in between shifts no page."""
        found: list[Json] = []
        waiting = list(addresses)
        for page in range(1, PAGES_MAX + 1):
            asked = {"order": "asc", "from": first, "count": PAGE, "page": page}
            answers = await self._ask([(f"GET addresses/{address}/transactions", asked) for address in waiting])
            pages = [koios.address_txs(answer) for answer in answers]
            found += [row for rows in pages for row in rows]
            waiting = [address for address, rows in zip(waiting, pages, strict=True) if len(rows) >= PAGE]
            if not waiting:
                break
        return found

    async def _details(self, hashes: Sequence[str]) -> Json:
        calls: list[Call] = [(f"GET txs/{each}{part}", {}) for each in hashes for part in ("", "/utxos")]
        answers = await self._ask(calls)
        return [koios.tx_info(*pair) for pair in zip(answers[::2], answers[1::2], strict=True)]

    async def _ask(self, calls: Sequence[Call]) -> list[Json | RpcFault]:
        answers = await self._asked.batch(calls)
        for answer in answers:
            if isinstance(answer, RpcFault) and answer.code in _NO_ACCESS:
                raise ChainError(redact(str(answer)))
        return answers
