"""Who signs for a wallet: the key that it keeps, where its code is one whose rule is known.

Any contract may answer ``get_public_key``; only the code says that this key moves its coins. Plugins and extensions,
which an owner may have added, move them as well: they sign nothing, and are not named.
Code hashes: https://docs.ton.org, wallet contracts; toncenter/ton-indexer. Shapes: https://toncenter.com/api/v3
(accountStates, runGetMethod).
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import msgspec

from chains.adapter import Call, Json, Rpc
from chains.answers import outcome, shape
from chains.codec.ton import TonAddress
from chains.controllers import Authority, ControlKind, Weighted, by_key
from chains.errors import Malformed, RpcFault
from chains.ton import toncenter
from chains.types import Failure, Reason

V5R1 = "IINLe3KxEhR+Gy+0V7hOdNGjDwT3N9T2KmaOlVLSty8="
CODES = {
    "thBBpYp5gLlG6PueGY48kE0keZ/6NldOpCUcQaVm9YE=": "v3r1",
    "hNr6RJ+Ypph3ibojI1gHK8D3bcRSQAKl0JGLmnXS1Zk=": "v3r2",
    "ZN1UgFUixb6KnbWc6gEFzPDQh4bKeb64y3nogKjXMi0=": "v4r1",
    "/rX/aCDi/w2Ug+fg1iyBfYRniftK5YDIeIZtlZ2r1cA=": "v4r2",
    V5R1: "v5r1",
}
_NUMBER = re.compile(r"-?0x[0-9a-f]{1,64}")
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
    known = {
        address: row.code_hash
        for address, row in rows.items()
        if isinstance(row, _Account) and row.status == "active" and row.code_hash in CODES
    }
    newest = [address for address, code in known.items() if code == V5R1]
    asked = [(address, "get_public_key") for address in known] + [(one, "is_signature_allowed") for one in newest]
    answers = await rpc.batch([_run(*one) for one in asked]) if asked else []
    said = dict(zip(asked, answers, strict=True))
    found: dict[TonAddress, Said] = {
        address: row if isinstance(row, RpcFault) else Failure(Reason.NO_CODE, "no wallet whose rule is known")
        for address, row in rows.items()
    }
    for address in known:
        found[address] = outcome(said[address, "get_public_key"], _key)
    for address in newest:
        allowed = outcome(said[address, "is_signature_allowed"], _number)
        if isinstance(allowed, Failure | RpcFault):
            found[address] = allowed
        elif allowed != _TRUE:
            found[address] = Failure(Reason.UNSUPPORTED, "the wallet takes no signatures: its extensions control it")
    return found


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
