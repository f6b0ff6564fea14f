"""Who can sign for an account of the XRP Ledger: what the ledger says, which signatures alone do not tell."""

from __future__ import annotations

from typing import Annotated, Literal, TypeAlias

import msgspec

from chains.adapter import Json
from chains.answers import authority, outcome, shape
from chains.controllers import NOBODY, Authority, ControlKind, Weighted, by_address
from chains.errors import Malformed, RpcFault
from chains.types import Address, BlockRef, Failure
from chains.xrpl.wire import result

_MASTER_DISABLED = 0x0010_0000  # lsfDisableMaster
Found: TypeAlias = "tuple[Authority, ...] | Failure | RpcFault"


class _Entry(msgspec.Struct, frozen=True):
    account: str = msgspec.field(name="Account")
    weight: Annotated[int, msgspec.Meta(ge=1)] = msgspec.field(name="SignerWeight")


class _Member(msgspec.Struct, frozen=True):
    entry: _Entry = msgspec.field(name="SignerEntry")


class _Signers(msgspec.Struct, frozen=True):
    quorum: Annotated[int, msgspec.Meta(ge=1)] = msgspec.field(name="SignerQuorum")
    entries: list[_Member] = msgspec.field(name="SignerEntries")

    @property
    def members(self) -> list[_Entry]:
        return [member.entry for member in self.entries]


class _Control(msgspec.Struct, frozen=True):
    account: str = msgspec.field(name="Account")
    flags: int = msgspec.field(name="Flags")
    regular_key: str | None = msgspec.field(name="RegularKey", default=None)
    signer_lists: list[_Signers] = []


class _ControlAnswer(msgspec.Struct, frozen=True):
    """The lists of signers are inside ``account_data`` in version 1 of the API, and beside it in version 2."""

    account_data: _Control
    ledger_hash: str
    validated: Literal[True]
    signer_lists: list[_Signers] = []


def authorities(block: BlockRef, address: Address, answer: Json | RpcFault) -> Found:
    """Each of the ways a ledger lets an account sign: its master key, its regular key, its list of signers."""

    def read(answer: Json) -> tuple[Authority, ...]:
        info = shape(_ControlAnswer, result(answer, "account_info"), "account_info")
        if info.ledger_hash != block.hash or info.account_data.account != address:
            raise Malformed("account_info: about another ledger or account")
        data, found = info.account_data, list[Authority]()
        if not data.flags & _MASTER_DISABLED:
            found.append(Authority(ControlKind.MASTER_KEY, 1, (Weighted(by_address(address)),)))
        if data.regular_key is not None:
            found.append(Authority(ControlKind.REGULAR_KEY, 1, (Weighted(by_address(Address(data.regular_key))),)))
        for one in data.signer_lists or info.signer_lists:
            signers = [Weighted(by_address(Address(entry.account)), entry.weight) for entry in one.members]
            found.append(authority(ControlKind.SIGNER_LIST, one.quorum, signers))
        return tuple(found) or (NOBODY,)

    return outcome(answer, read)
