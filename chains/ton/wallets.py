"""Who signs for a wallet of version 5: the key that it keeps, unless it takes no signatures any more.

Only such wallets are read. An address is the hash of a wallet's first code and data; none of the wallets that addresses
are derived for can exchange its code or key, and before version 5 none can refuse its key either: there the address
alone says who signs. A wallet that is not deployed yet will start as its address says. Plugins and extensions, which an
owner may have added, move coins as well: they sign nothing, and are not named.
Code hash: https://docs.ton.org, wallet contracts; toncenter/ton-indexer. Shapes: https://toncenter.com/api/v3
(accountStates, runGetMethod).
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import msgspec

from chains.adapter import Call, Json, Rpc
from chains.answers import outcome, shape
from chains.codec.ton import TonAddress
from chains.controllers import Authority, ControlKind, Weighted, by_address, by_key
from chains.errors import Malformed, RpcFault
from chains.ton import toncenter
from chains.types import Address, Failure, Reason

V5R1 = "IINLe3KxEhR+Gy+0V7hOdNGjDwT3N9T2KmaOlVLSty8="
_NUMBER = re.compile(r"-?0x[0-9a-f]{1,64}")
METHODS = ("get_public_key", "is_signature_allowed")
_TRUE = -1

Said = tuple[Authority, ...] | Failure | RpcFault


class _Account(msgspec.Struct, frozen=True):
    address: str
    status: str | None
    code_hash: str | None = None


class _Accounts(msgspec.Struct, frozen=True):
    rows: list[_Account] = msgspec.field(name="accounts")


class _Value(msgspec.Struct, frozen=True):
    type: str
    value: str


class _Run(msgspec.Struct, frozen=True):
    exit_code: int
    stack: list[_Value]


async def authorities(rpc: Rpc, addresses: Sequence[TonAddress]) -> dict[TonAddress, Said]:
    """What the newest state says of each address."""
    rows = await toncenter.ask(rpc, "accountStates", _Accounts, addresses, include_boc=False)
    found = {address: _by_state(address, row) for address, row in rows.items()}
    wallets = [address for address, said in found.items() if said is None]
    answers = await rpc.batch([_run(address, method) for address in wallets for method in METHODS]) if wallets else []
    asked = {address: answers[at * len(METHODS) :][: len(METHODS)] for at, address in enumerate(wallets)}
    return {address: _by_wallet(*asked[address]) if said is None else said for address, said in found.items()}


def _by_state(address: TonAddress, row: _Account | RpcFault | None) -> Said | None:
    """None for a wallet, which is to be asked."""
    if isinstance(row, RpcFault):
        return row
    if row is None or row.status in ("uninit", "nonexist"):
        return (Authority(ControlKind.OWN_KEY, 1, (Weighted(by_address(Address(toncenter.friendly(address)))),)),)
    if row.status == "active" and row.code_hash == V5R1:
        return None
    return Failure(Reason.NO_CODE, "no wallet whose rule is known, or a frozen one")


def _by_wallet(key: Json | RpcFault, allowed: Json | RpcFault) -> Said:
    said = outcome(allowed, _number)
    if isinstance(said, Failure | RpcFault):
        return said
    if said != _TRUE:
        return Failure(Reason.UNSUPPORTED, "the wallet takes no signatures: its extensions control it")
    return outcome(key, _key)


def _run(address: TonAddress, method: str) -> Call:
    return "POST v3/runGetMethod", {"address": toncenter.friendly(address), "method": method, "stack": []}


def _key(answer: Json) -> tuple[Authority, ...]:
    number = _number(answer)
    if number <= 0:
        raise Malformed("runGetMethod: no public key")
    return (Authority(ControlKind.WALLET_KEY, 1, (Weighted(by_key(number.to_bytes(32, "big"))),)),)


def _number(answer: Json) -> int:
    run = shape(_Run, answer, "runGetMethod")
    if run.exit_code not in (0, 1) or [one.type for one in run.stack] != ["num"]:
        raise Malformed(f"runGetMethod: exit code {run.exit_code}, and not one number")
    if not _NUMBER.fullmatch(run.stack[0].value):
        raise Malformed("runGetMethod: no number")
    return int(run.stack[0].value, 16)
