"""litesvm: the real Solana runtime with its token programs, in this process, behind the JSON-RPC that nodes speak."""

from __future__ import annotations

import orjson
from aiohttp import web

from chains.spec import ProviderSpec
from chains.types import ChainId
from scripts.engines.litesvm.ledger import SYSTEM, TOKEN, TOKEN_2022, Ledger
from scripts.engines.litesvm.rpc import answer
from scripts.engines.loopback import Loopback

__all__ = ["SYSTEM", "TOKEN", "TOKEN_2022", "LiteSvm"]


class LiteSvm(Ledger, Loopback):
    """A ledger served on loopback while entered. ``chain`` is its CAIP-2 id, from its genesis hash."""

    def __init__(self, *, genesis: str = "assay local") -> None:
        super().__init__(genesis=genesis)
        self.chain = ChainId(f"solana:{self.genesis_hash[:32]}")

    def provider(self, name: str, *, batch_max: int = 100) -> ProviderSpec:
        """This node as a configured provider."""
        return ProviderSpec(
            name=name, chain=self.chain, url=self.url, operator="local", per_second_max=10_000.0, batch_max=batch_max
        )

    async def _handle(self, request: web.Request) -> web.Response:
        asked = orjson.loads(await request.read())
        return web.Response(body=orjson.dumps(answer(self, asked)), content_type="application/json")
