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
    body: str | None = None


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
    before, after = _data(one.account_state_before), _data(one.account_state_after)
    if before == after:
        return 0
    if after is None or one.in_msg is None:
        raise Malformed("the jetton wallet was deleted, or changed without a message")
    return _moved(one.in_msg)


def _free(state: State) -> int:
    """What a reading calls its amount: coins of a frozen account are none."""
    if state.hash == NOBODY:
        return 0
    held = digits(state.balance, "balance")
    return 0 if state.account_status == "frozen" else held


def _data(state: State) -> str | None:
    """The hash of what a contract keeps; None while there is no contract."""
    if state.hash == NOBODY or state.account_status == "uninit":
        return None
    if state.account_status != "active" or state.data_hash is None:
        raise Malformed("the jetton wallet was frozen, or the index does not say what it kept")
    return state.data_hash


def _moved(message: Message) -> int:
    bits, signs = _bits(message.message_content), _SIGNS
    if message.bounced:
        bits, signs = bits.removeprefix(_RETURNED), _SIGNS_RETURNED
    sign = signs.get(int(bits[:32] or "0", 2))
    if sign is None:
        raise Malformed("a message changed the jetton wallet that is no transfer and no burn")
    return sign * _amount(bits[_AMOUNT_AT:]) if sign else 0


def _bits(content: Content | None) -> str:
    if content is None or content.body is None:
        raise Malformed("in_msg: the index does not say what it was")
    try:
        return root_bits(base64.b64decode(content.body, validate=True))
    except binascii.Error:
        raise Malformed("in_msg: no Base64") from None


def _amount(bits: str) -> int:
    """VarUInteger 16: four bits of length in bytes, and the number."""
    size = 8 * int(bits[:4] or "0", 2)
    number = bits[4 : 4 + size]
    if len(bits) < 4 or len(number) != size:
        raise Malformed("a transfer of jettons without an amount")
    return int(number or "0", 2)
