"""What one transaction changed: the coins of its account, or the jettons that its account keeps for an owner. Pure.

No transaction names a jetton's balance, but each names the hash of its contract's data. Where that stayed, nothing was
moved, whatever the message wanted; where it changed, the message says by how much. So refused transfers, top-ups and
returned ones are told apart, and a change for a reason that is not known here is never taken for none.
Shapes: https://toncenter.com/api/v3 (transactions). Messages: TEP-74; https://github.com/ton-blockchain/stablecoin-contract
(contracts/jetton-wallet.fc).
"""

from __future__ import annotations

import base64
import binascii

import msgspec

from chains.answers import digits
from chains.codec.ton_boc import root_bits
from chains.errors import Malformed

NOBODY = "kK7Illr6uxbrw8ubQI665xthjXh4i8gNCYQ1k8rJjaQ="
"""The hash of the state of an account that does not exist; nothing else is said of it."""
TRANSFER, INTERNAL_TRANSFER, BURN, BURN_NOTIFICATION = 0x0F8A7EA5, 0x178D4519, 0x595F07BC, 0x7BDD97DE
SET_STATUS = 0xEED236D3  # the issuer of a governed jetton locks a wallet, or unlocks it
_SIGNS = {TRANSFER: -1, BURN: -1, INTERNAL_TRANSFER: 1, SET_STATUS: 0}
_SIGNS_RETURNED = {INTERNAL_TRANSFER: 1, BURN_NOTIFICATION: 1}
_RETURNED = "1" * 32
_AMOUNT_AT = 32 + 64  # after operation and query id


class State(msgspec.Struct, frozen=True):
    hash: str
    balance: str | None
    account_status: str | None
    data_hash: str | None = None


class Content(msgspec.Struct, frozen=True):
    body: str


class Message(msgspec.Struct, frozen=True):
    message_content: Content | None = None
    bounced: bool | None = None


class Transaction(msgspec.Struct, frozen=True):
    account: str
    lt: str
    prev_trans_lt: str
    mc_block_seqno: int
    account_state_before: State
    account_state_after: State
    in_msg: Message | None = None


def coins(one: Transaction) -> int:
    """Raises Malformed."""
    return _free(one.account_state_after) - _free(one.account_state_before)


def jettons(one: Transaction) -> int:
    """Of a jetton wallet. Raises Malformed where it cannot be said."""
    before, after = one.account_state_before, one.account_state_after
    if "frozen" in (before.account_status, after.account_status) or after.hash == NOBODY:
        raise Malformed("the jetton wallet was frozen, restored or deleted")
    return 0 if before.data_hash == after.data_hash else _moved(one.in_msg)


def _free(state: State) -> int:
    """What a reading calls its amount: coins of a frozen account are none."""
    if state.hash == NOBODY:
        return 0
    held = digits(state.balance, "balance")
    return 0 if state.account_status == "frozen" else held


def _moved(message: Message | None) -> int:
    if message is None or message.message_content is None:
        raise Malformed("a jetton wallet changed without a message")
    try:
        bits = root_bits(base64.b64decode(message.message_content.body, validate=True))
    except binascii.Error:
        raise Malformed("in_msg: no Base64") from None
    signs = _SIGNS
    if message.bounced:
        signs, bits = _SIGNS_RETURNED, bits.removeprefix(_RETURNED)
    sign = signs.get(int(bits[:32] or "0", 2))
    if sign is None:
        raise Malformed("a message changed the jetton wallet that is no transfer and no burn")
    return sign * _amount(bits[_AMOUNT_AT:]) if sign else 0


def _amount(bits: str) -> int:
    """VarUInteger 16: four bits of length in bytes, and the number."""
    size = 8 * int(bits[:4] or "0", 2)
    number = bits[4 : 4 + size]
    if len(bits) < 4 or len(number) != size:
        raise Malformed("a transfer of jettons without an amount")
    return int(number or "0", 2)
