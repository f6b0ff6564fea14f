"""An index of addresses: every movement of each address up to H, added up (getaddressdeltas of Dash Core and kin).

Explorers are asked in the same words. What such an index cannot tell apart: coins paid to a bare public key (P2PK) are
counted with the address of that key; and stakes (Qtum) look like any transaction: what is too young there is unknown.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

import msgspec

from chains.adapter import Json
from chains.errors import Malformed, NoMethod, RpcFault
from chains.utxo import address
from chains.utxo.params import Coin
from chains.utxo.source import Held, Offer, Question
from chains.utxo.wire import shape

ADDRESSES = 200
"""Asked at once: an exchange's address may have a hundred thousand movements."""
COINBASE_PLACE = 0
"""``blockindex`` of the first transaction of a block."""
NOBODY = b"\x76\xa9\x14" + bytes(20) + b"\x88\xac"


class _Delta(msgspec.Struct, frozen=True):
    satoshis: int
    txid: str
    index: int
    height: int
    address: str
    blockindex: int | None = None


class IndexWay:
    """Implements UtxoSource. See the module."""

    name: ClassVar[str] = "index"

    def __init__(self, coin: Coin) -> None:
        self._coin = coin

    async def offer(self, question: Question) -> Offer:
        height = max(1, question.block.height)
        asked = {"addresses": [address.from_script(self._coin, NOBODY)], "start": height, "end": height}
        try:
            await question.rpc.call("getaddressdeltas", [asked])
        except NoMethod:
            return Offer(False, "no index of addresses")
        except RpcFault as fault:
            return Offer(False, f"no index of addresses ({fault.message})")
        return Offer(True, "an index of addresses (getaddressdeltas), which counts P2PK coins with their key's address")

    async def held(self, question: Question) -> Held:
        texts = [address.from_script(self._coin, script) for script in question.scripts]
        assert None not in texts, "every asked script came from an address"
        of_address = dict(zip((str(text) for text in texts), question.scripts, strict=True))
        amounts = dict.fromkeys(question.scripts, 0)
        immature: dict[bytes, int] = {}
        tells = not self._coin.stakes
        names = list(of_address)
        for start in range(0, len(names), ADDRESSES):
            for delta in await self._deltas(question, names[start : start + ADDRESSES]):
                script = of_address[delta.address]
                amounts[script] += delta.satoshis
                young = question.block.height + 1 - delta.height < self._coin.maturity
                tells = tells and delta.blockindex is not None
                if delta.blockindex == COINBASE_PLACE and delta.satoshis > 0 and young:
                    immature[script] = immature.get(script, 0) + delta.satoshis
        if any(amount < 0 for amount in amounts.values()):
            raise Malformed(f"{question.rpc.provider}: its index says that an address spent more than it had")
        return Held(list(amounts.values()), immature=immature if tells else None)

    async def _deltas(self, question: Question, names: Sequence[str]) -> list[_Delta]:
        """Every movement up to H, each once. An ``end`` counts only together with a ``start`` above zero."""
        asked = {"addresses": list(names), "start": 1, "end": question.block.height}
        answer: Json = await question.rpc.call("getaddressdeltas", [asked]) if question.block.height else []
        deltas = shape(list[_Delta], answer, "getaddressdeltas")
        wanted = set(names)
        seen: set[tuple[str, int, int, str]] = set()
        for delta in deltas:
            if delta.address not in wanted or not 0 < delta.height <= question.block.height:
                raise Malformed("getaddressdeltas: a movement of another address, or of another time, than asked for")
            place = (delta.txid, delta.index, 1 if delta.satoshis > 0 else -1, delta.address)
            if place in seen:
                raise Malformed(f"getaddressdeltas: a movement of {delta.txid} is counted twice")
            seen.add(place)
        return deltas
