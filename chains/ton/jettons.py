"""Jettons: each owner's wallet is one contract, whose address follows from the owner and the master.

Any contract may call itself the wallet of an owner; the index may list several. Only the derived one is asked about.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Sequence
from functools import partial
from typing import Annotated, NamedTuple

import msgspec

from chains.adapter import Rpc
from chains.answers import Held, Outcome, digits, shape
from chains.codec import ton
from chains.codec.ton import TonAddress
from chains.codec.ton_cell import Cell
from chains.codec.ton_jetton import governed_wallet, reference_wallet
from chains.errors import Malformed, RpcFault
from chains.ton import toncenter
from chains.types import BalanceKey, Failure, Reason

DECIMALS_UNSAID = 9
"""TEP-64."""


CodeHash = Annotated[str, msgspec.Meta(pattern="^[0-9a-f]{64}$")]


class Reference(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Wallets as of TEP-74's reference: the hash (hex) and depth of their code."""

    code: CodeHash
    depth: Annotated[int, msgspec.Meta(ge=0, le=1023)]


class Jetton(NamedTuple):
    """A master, and the code that its owners' wallets start with: of governed jettons (such as USDT) the hash alone."""

    master: TonAddress
    made_of: CodeHash | Reference

    @property
    def code(self) -> str:
        return self.made_of.code if isinstance(self.made_of, Reference) else self.made_of

    def wallet(self, owner: TonAddress) -> TonAddress:
        if isinstance(self.made_of, Reference):
            code = Cell(bytes.fromhex(self.made_of.code), self.made_of.depth)
            return reference_wallet(owner, self.master, code)
        return governed_wallet(owner, self.master, bytes.fromhex(self.made_of))


class _Wallet(msgspec.Struct, frozen=True):
    address: str
    balance: str
    owner: str
    jetton: str


class _Wallets(msgspec.Struct, frozen=True):
    rows: list[_Wallet] = msgspec.field(name="jetton_wallets")


class _Content(msgspec.Struct, frozen=True):
    decimals: str | None = None
    uri: str | None = None


class _Master(msgspec.Struct, frozen=True):
    address: str
    jetton_content: _Content
    jetton_wallet_code_hash: str


class _Masters(msgspec.Struct, frozen=True):
    rows: Annotated[list[_Master], msgspec.Meta(min_length=1, max_length=1)] = msgspec.field(name="jetton_masters")


async def decimals(rpc: Rpc, master: TonAddress) -> int:
    """Raises Malformed where only a document outside the chain could say."""
    content = (await _master(rpc, master)).jetton_content
    if content.decimals is None and content.uri is not None:
        raise Malformed("what the jetton says of its decimals lies outside the chain")
    return DECIMALS_UNSAID if content.decimals is None else digits(content.decimals, "decimals")


async def read(rpc: Rpc, jetton: Jetton, keys: Sequence[BalanceKey]) -> dict[BalanceKey, Outcome]:
    """What each owner has, as long as the master makes wallets of this code: other ones have other addresses."""
    try:
        made = _hex((await _master(rpc, jetton.master)).jetton_wallet_code_hash)
    except (Malformed, RpcFault) as error:  # the matter of this jetton, not of the coins beside it
        return dict.fromkeys(keys, Failure(Reason.MALFORMED, str(error)) if isinstance(error, Malformed) else error)
    if made != jetton.code:
        return dict.fromkeys(keys, Failure(Reason.UNSUPPORTED, f"the master now makes wallets of code {made}"))
    wallets = {jetton.wallet(ton.decode(key.address)): key for key in keys}
    rows = await toncenter.ask(rpc, "jetton/wallets", _Wallets, list(wallets), limit=toncenter.KEYS_MAX)
    return {key: toncenter.told(rows[wallet], partial(_held, key, jetton.master)) for wallet, key in wallets.items()}


def _held(key: BalanceKey, master: TonAddress, row: _Wallet) -> Held:
    if (toncenter.parse(row.owner), toncenter.parse(row.jetton)) != (ton.decode(key.address), master):
        raise Malformed("jetton/wallets: the wallet of another owner or jetton")
    return Held(digits(row.balance, "balance"))


async def _master(rpc: Rpc, master: TonAddress) -> _Master:
    answer = await rpc.call("GET v3/jetton/masters", {"address": toncenter.friendly(master), "limit": 1})
    (row,) = shape(_Masters, answer, "jetton/masters").rows
    if toncenter.parse(row.address) != master:
        raise Malformed("jetton/masters: another master")
    return row


def _hex(text: str) -> str:
    try:
        return base64.b64decode(text, validate=True).hex()
    except binascii.Error:
        raise Malformed("jetton_wallet_code_hash: no Base64") from None
