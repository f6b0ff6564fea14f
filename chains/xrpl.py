"""The XRP Ledger: any validated ledger, named by its hash, of a server that still has it.

rippled and Clio speak a JSON of their own (no request ids, errors inside ``result`` with status 200), so calls are
plain POSTs, one account each. ``actNotFound`` in a validated ledger is the ledger's own word that there is no account,
and what is no account holds no XRP. A balance includes the reserve, which its owner cannot spend while the account
exists; what is in escrow or payment channels is in no balance.

Shapes and error names: https://xrpl.org/docs/references/http-websocket-apis (account_info, ledger, server_info).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import Annotated, Any, ClassVar, Literal

import msgspec

from chains.adapter import Call, ChainAdapter, Json, Rpc
from chains.answers import SECOND, Held, Outcome, ask_each, digits, outcome, readings, shape, utc
from chains.codec import ripple
from chains.errors import Malformed, Pruned, Reorged, RpcFault, Transport, WrongChain
from chains.search_time import find
from chains.spec import ChainSpec
from chains.types import Address, BalanceKey, BlockRef, ChainId, Instrument, Pinning, Readings

_NAMESPACE = "xrpl:"
EPOCH_S = 946_684_800  # 2000-01-01 in Unix time
_BUSY = frozenset({"slowDown", "tooBusy", "noNetwork", "noCurrent", "noClosed", "notReady", "internal"})


class Options(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """``ledgers_min``: how many validated ledgers the network has at least.

    rippled states its network id only where one is configured, and on the main network none need be: such a server is
    told from those of younger networks by the number of its ledgers.
    """

    ledgers_min: Annotated[int, msgspec.Meta(ge=0)] = 0


class _Ledger(msgspec.Struct, frozen=True):
    ledger_hash: Annotated[str, msgspec.Meta(pattern="^[0-9A-F]{64}$")]
    close_time: Annotated[int, msgspec.Meta(ge=0)]


class _LedgerAnswer(msgspec.Struct, frozen=True):
    ledger: _Ledger
    ledger_index: Annotated[int, msgspec.Meta(ge=1)]
    validated: Literal[True]

    @property
    def block(self) -> BlockRef:
        time = utc((EPOCH_S + self.ledger.close_time) * SECOND, "close_time")
        return BlockRef(self.ledger_index, self.ledger.ledger_hash, time)


class _Account(msgspec.Struct, frozen=True):
    account: str = msgspec.field(name="Account")
    balance: str = msgspec.field(name="Balance")


class _AccountAnswer(msgspec.Struct, frozen=True):
    account_data: _Account
    ledger_hash: str
    validated: Literal[True]


class XrplAdapter:
    """One configured network of XRP Ledger servers. See chains/adapter.py for the contract."""

    pinning: ClassVar[Pinning] = Pinning.HASH
    past: ClassVar[str] = (
        "any validated ledger, by hash, of a server that still has it: most keep days, full-history servers everything"
    )
    keys_per_shard: ClassVar[int | None] = 1000

    def __init__(self, spec: ChainSpec, options: Options) -> None:
        self._spec = spec
        self._options = options

    @property
    def chain(self) -> ChainId:
        return self._spec.id

    def parse_address(self, text: str) -> Address:
        return Address(ripple.encode(ripple.decode(text)))

    def parse_instrument(self, text: str) -> Instrument:
        return self._spec.parse_native(text)

    async def check_chain(self, rpc: Rpc) -> None:
        network = await _network(rpc)
        if network is not None:
            if f"{_NAMESPACE}{network}" != self.chain:
                raise WrongChain(f"{rpc.provider} serves {_NAMESPACE}{network}, not {self.chain}")
            return
        newest = await _ledger(rpc, ledger_index="validated")
        if self.chain != f"{_NAMESPACE}0" or newest.height < self._options.ledgers_min:
            raise WrongChain(f"{rpc.provider} names no network and is at ledger {newest.height}: not {self.chain}")

    async def final_block(self, rpc: Rpc) -> BlockRef:
        return await _ledger(rpc, ledger_index="validated")

    async def block_at(self, rpc: Rpc, *, height: int | None = None, time: datetime | None = None) -> BlockRef:
        return await find(partial(_at, rpc), await self.final_block(rpc), height=height, time=time)

    async def decimals(self, rpc: Rpc, block: BlockRef, instrument: Instrument) -> int:
        return self._spec.native_decimals

    async def balances(self, rpc: Rpc, block: BlockRef, keys: Sequence[BalanceKey]) -> Readings:
        found = await _ledger(rpc, ledger_hash=block.hash)
        if (found.height, found.hash) != (block.height, block.hash):
            raise Reorged(f"ledger {block.hash} was {block.height}, is {found.height} {found.hash}")

        def ask(key: BalanceKey) -> Call:
            return _call("account_info", account=key.address, ledger_hash=block.hash)

        return readings(block, keys, await ask_each(rpc, keys, ask, partial(_held, block)))


def _held(block: BlockRef, key: BalanceKey, answer: Json | RpcFault) -> Outcome:
    def read(answer: Json) -> Held:
        account = shape(_AccountAnswer, _result(answer, "account_info"), "account_info")
        if account.ledger_hash != block.hash or account.account_data.account != key.address:
            raise Malformed("account_info: about another ledger or account")
        return Held(digits(account.account_data.balance, "Balance"))

    found = outcome(answer, read)
    if isinstance(found, RpcFault) and found.message == "actNotFound" and isinstance(found.data, Mapping):
        # rippled repeats which ledger it looked into; Clio does not, but it was named by the hash of a validated one.
        seen = found.data.get("ledger_hash", block.hash), found.data.get("validated", True)
        return Held(0) if seen == (block.hash, True) else found
    return found


def _call(method: str, **params: object) -> Call:
    return "POST ", {"method": method, "params": [params]}


class _Envelope(msgspec.Struct, frozen=True):
    result: dict[str, Any]


def _result(answer: Json, what: str) -> Mapping[str, Json]:
    """The ``result`` of a success. Raises RpcFault with the error's name, Pruned, or Transport where it may pass."""
    result = shape(_Envelope, answer, what).result
    match result:
        case {"error": str(name)} if name in _BUSY:
            raise Transport(f"{what}: {name}")
        case {"error": "lgrNotFound"}:
            raise Pruned(0, f"the server has no such ledger ({what})")
        case {"error": str(name)}:
            raise RpcFault(0, name, result)
        case {"status": "success"}:
            return result
    raise Malformed(f"{what}: neither a success nor an error")


async def _ask(rpc: Rpc, method: str, **params: object) -> Mapping[str, Json]:
    return _result(await rpc.call(*_call(method, **params)), method)


async def _ledger(rpc: Rpc, **which: object) -> BlockRef:
    """A validated ledger. Raises Pruned where the server lacks it, Malformed for one that is not validated."""
    return shape(_LedgerAnswer, await _ask(rpc, "ledger", **which), "ledger").block


async def _at(rpc: Rpc, height: int) -> BlockRef:
    if height < 1:
        raise Pruned(0, "the first ledger has index 1")
    block = await _ledger(rpc, ledger_index=height)
    if block.height != height:
        raise Malformed(f"asked for ledger {height}, got {block.height}")
    return block


async def _network(rpc: Rpc) -> int | None:
    match await _ask(rpc, "server_info"):
        case {"info": {"network_id": int(number)}}:
            return number
        case {"info": dict()}:
            return None
    raise Malformed("server_info: no info")


def build(spec: ChainSpec) -> ChainAdapter:
    """Raises msgspec.ValidationError for bad options or an id that is not ``xrpl:<network id>``."""
    if not spec.id.removeprefix(_NAMESPACE).isdigit() or not spec.id.startswith(_NAMESPACE):
        raise msgspec.ValidationError(f"a network of family xrpl is named xrpl:<network id>, not {spec.id!r}")
    return XrplAdapter(spec, msgspec.convert(spec.options, Options))
