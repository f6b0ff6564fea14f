"""aelf: the balance that the token contract of one chain keeps, in a block that became irreversible.

Main chain and side chains are separate: each has a token contract of its own, and an address may hold coins on each. A
view is executed on the best chain, at no other height, so everything is asked twice, around a block that became
irreversible meanwhile. What is locked in votes is kept by a contract's virtual address, and is in no balance.
Shapes: https://docs.aelf.com/tools/web-api/chain-api (chainStatus, blockByHeight, executeTransaction), and its source,
AElfProject/AElf, src/AElf.WebApp.Application.Chain. Its /api is part of the provider's URL.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime
from functools import partial
from typing import Annotated, ClassVar

import msgspec

from chains.adapter import Call, ChainAdapter, Json, Rpc
from chains.aelf import contract
from chains.aelf.contract import Reference
from chains.answers import Held, Outcome, ask_each, outcome, readings, rfc3339, shape
from chains.codec import base58check
from chains.errors import BadAddress, Malformed, WrongChain
from chains.family import Native
from chains.search_time import only_now
from chains.settled import settled
from chains.spec import ChainSpec
from chains.types import Address, BalanceKey, BlockRef, Instrument, Pinning, Readings

_NAMESPACE = "aelf:"
_WRAPPED = re.compile(r"(?P<symbol>[A-Z]+)_(?P<address>[^_]+)_(?P<chain>[A-Za-z]+)")
_HEX = re.compile(r"(?:[0-9a-f]{2})+")

_Height = Annotated[int, msgspec.Meta(ge=1)]
_Hash = Annotated[str, msgspec.Meta(pattern="^[0-9a-f]{64}$")]


class Options(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """``token``: the address of the token contract. ``genesis``: the first block's hash, where it is established."""

    token: str
    genesis: _Hash | None = None
    symbol: str = "ELF"


class _Status(msgspec.Struct, frozen=True, rename="pascal"):
    chain_id: str
    genesis_block_hash: _Hash
    best_chain_height: _Height
    best_chain_hash: _Hash
    last_irreversible_block_height: _Height
    last_irreversible_block_hash: _Hash

    @property
    def final(self) -> BlockRef:
        return BlockRef(self.last_irreversible_block_height, self.last_irreversible_block_hash)


class _Header(msgspec.Struct, frozen=True, rename="pascal"):
    height: int
    time: str


class _Block(msgspec.Struct, frozen=True, rename="pascal"):
    block_hash: str
    header: _Header


class AelfAdapter(Native):
    """One configured chain of aelf. See chains/adapter.py for the contract."""

    pinning: ClassVar[Pinning] = Pinning.TIP
    past: ClassVar[str] = (
        "only now: the last irreversible block, recorded with every reading; a node lists transactions by block, not "
        "by account, so none are followed"
    )
    keys_per_shard: ClassVar[int | None] = 200

    def __init__(self, spec: ChainSpec, options: Options) -> None:
        super().__init__(spec)
        self._options = options
        self._token = contract.decode_address(options.token)

    def parse_address(self, text: str) -> Address:
        """With or without the symbol before it and the chain behind it (``ELF_..._AELF``)."""
        if found := _WRAPPED.fullmatch(text):
            if (found["symbol"], _NAMESPACE + found["chain"]) != (self._options.symbol, self.chain):
                raise BadAddress(f"an address for {found['symbol']} on {found['chain']}, not on {self.chain}")
            text = found["address"]
        return Address(base58check.encode(contract.decode_address(text)))

    async def check_chain(self, rpc: Rpc) -> None:
        status = await _status(rpc)
        serves = _NAMESPACE + status.chain_id
        if serves != self.chain:
            raise WrongChain(f"{rpc.provider} serves {serves}, not {self.chain}")
        if self._options.genesis not in (None, status.genesis_block_hash):
            raise WrongChain(f"{rpc.provider} serves a chain that begins with {status.genesis_block_hash}")

    async def final_block(self, rpc: Rpc) -> BlockRef:
        final = (await _status(rpc)).final
        asked = {"blockHeight": final.height, "includeTransactions": False}
        block = shape(_Block, await rpc.call("GET blockChain/blockByHeight", asked), "blockByHeight")
        if (block.header.height, block.block_hash) != (final.height, final.hash):
            raise Malformed(f"blockByHeight: {block.block_hash}, not {final.hash}")
        return BlockRef(final.height, final.hash, rfc3339(block.header.time, "blockByHeight"))

    async def block_at(self, rpc: Rpc, *, height: int | None = None, time: datetime | None = None) -> BlockRef:
        return only_now(await self.final_block(rpc), height=height, time=time)

    async def decimals(self, rpc: Rpc, block: BlockRef, instrument: Instrument) -> int:
        symbol = self._options.symbol
        call = self._view("GetTokenInfo", contract.ask_token(symbol), _best(await _status(rpc)))
        return contract.decimals(_output(await rpc.call(*call)), symbol)

    async def balances(self, rpc: Rpc, block: BlockRef, keys: Sequence[BalanceKey]) -> Readings:
        served, held = await settled(partial(self._ask, rpc, keys), partial(_final, rpc), not_before=block)
        return readings(served, keys, held)

    async def _ask(self, rpc: Rpc, keys: Sequence[BalanceKey]) -> tuple[int, dict[BalanceKey, Outcome]]:
        after, symbol = _best(await _status(rpc)), self._options.symbol

        def ask(key: BalanceKey) -> Call:
            return self._view("GetBalance", contract.ask_balance(contract.decode_address(key.address), symbol), after)

        def held(key: BalanceKey, answer: Json) -> Held:
            return Held(contract.balance(_output(answer), contract.decode_address(key.address), symbol))

        found = await ask_each(rpc, keys, ask, lambda key, answer: outcome(answer, partial(held, key)))
        return (await _status(rpc)).best_chain_height, found

    def _view(self, method: str, params: bytes, after: Reference) -> Call:
        raw = contract.view(self._token, method, params, after)
        return "POST blockChain/executeTransaction", {"RawTransaction": raw}


async def _status(rpc: Rpc) -> _Status:
    return shape(_Status, await rpc.call("GET blockChain/chainStatus"), "chainStatus")


async def _final(rpc: Rpc) -> BlockRef:
    return (await _status(rpc)).final


def _best(status: _Status) -> Reference:
    return Reference(status.best_chain_height, status.best_chain_hash)


def _output(answer: Json) -> bytes:
    """What a view returned. A contract that is not there returns nothing, which is no zero. Raises Malformed."""
    if not isinstance(answer, str) or not _HEX.fullmatch(answer):
        raise Malformed("executeTransaction: no message in hexadecimal digits")
    return bytes.fromhex(answer)


def build(spec: ChainSpec) -> ChainAdapter:
    """Raises msgspec.ValidationError for bad options, or an id that is not ``aelf:<chain id>``."""
    options = msgspec.convert(spec.options, Options)
    if not spec.id.startswith(_NAMESPACE):
        raise msgspec.ValidationError(f"a chain of aelf is {_NAMESPACE}<chain id>, not {spec.id!r}")
    try:
        return AelfAdapter(spec, options)
    except BadAddress as error:
        raise msgspec.ValidationError(f"token: {error}") from None
