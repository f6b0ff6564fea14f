"""What the bytes of mints and token accounts say (SPL Token and Token-2022 share this layout). Pure.

Source: https://github.com/solana-program/token, interface/src/state.rs; Token-2022 appends one byte of account type
and then its extensions after the first 165 bytes. Balances that Token-2022 keeps encrypted (confidential transfers)
are in no field that can be read: ``amount`` is what is held in the open.
"""

from __future__ import annotations

from struct import unpack_from
from typing import NamedTuple

from solders.pubkey import Pubkey

SYSTEM = "11111111111111111111111111111111"
TOKEN_CLASSIC = "TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA"  # noqa: S105  (a program, not a password)
TOKEN_2022 = "TokenzQdBNbLqP5VEhdkAS6EPFLC1PHnBqCXEpPxuEb"  # noqa: S105
TOKEN_PROGRAMS = (TOKEN_CLASSIC, TOKEN_2022)

BYTES_READ = 166
"""Enough of any account: the base of a token account and the account type behind it."""

_MINT_BYTES = 82
_TOKEN_BYTES = 165
_IS_MINT, _IS_TOKEN = 1, 2
_INITIALIZED, _FROZEN = 1, 2


class Account(NamedTuple):
    """``owner`` is the program that owns the account; ``data`` its first BYTES_READ bytes at most."""

    lamports: int
    owner: str
    data: bytes


class Holding(NamedTuple):
    """A token account: ``holder`` may spend ``amount`` base units of ``mint``."""

    mint: str
    holder: str
    amount: int


def mint_decimals(account: Account) -> int | None:
    """Decimals of an initialised mint; None where the account is none."""
    if account.owner not in TOKEN_PROGRAMS or not _has_type(account, _MINT_BYTES, _IS_MINT):
        return None
    decimals, initialised = account.data[44], account.data[45]
    return decimals if initialised == 1 else None


def holding(account: Account) -> Holding | None:
    """The content of an initialised token account; None where the account is none."""
    if account.owner not in TOKEN_PROGRAMS or not _has_type(account, _TOKEN_BYTES, _IS_TOKEN):
        return None
    if account.data[108] not in (_INITIALIZED, _FROZEN):
        return None
    (amount,) = unpack_from("<Q", account.data, 64)
    return Holding(_text(account.data[:32]), _text(account.data[32:64]), amount)


def _has_type(account: Account, base_bytes: int, kind: int) -> bool:
    size = len(account.data)
    if size == base_bytes:
        return True
    # Token-2022 pads a mint with extensions to the length of a token account, so that the type byte tells them apart.
    return account.owner == TOKEN_2022 and size > _TOKEN_BYTES and account.data[_TOKEN_BYTES] == kind


def _text(key: bytes) -> str:
    return str(Pubkey(key))
