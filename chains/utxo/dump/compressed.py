"""How nodes write numbers, amounts and scripts into their sets of unspent outputs.

Source: Bitcoin Core, src/serialize.h (VARINT) and src/compressor.cpp; its forks keep the same forms. Every value has
exactly one form, so two scripts are equal when their forms are: nothing needs to be decompressed to compare.
"""

from __future__ import annotations

from coincurve import PublicKey

SPECIAL = 6
"""Sizes below it are kinds of script (see `key_of`); a plain script is written with its length plus this."""
KEY_HASH, SCRIPT_HASH, PUBLIC_KEYS = 0, 1, (2, 3, 4, 5)


def varint(number: int) -> bytes:
    """Seven bits a byte, highest first; each byte but the last carries one more than it seems, so no form is spare."""
    parts = [number & 0x7F]
    while number := number >> 7:
        number -= 1
        parts.append(number & 0x7F | 0x80)
    return bytes(reversed(parts))


def amount_code(amount: int) -> int:
    """The number an amount is written as: trailing zeros (up to nine) apart from the other digits."""
    if amount == 0:
        return 0
    zeros = 0
    while zeros < 9 and amount % 10 == 0:
        amount //= 10
        zeros += 1
    if zeros == 9:
        return 1 + (amount - 1) * 10 + 9
    rest, digit = divmod(amount, 10)
    return 1 + (rest * 9 + digit - 1) * 10 + zeros


def amount_of(code: int) -> int:
    """The inverse of ``amount_code``."""
    if code == 0:
        return 0
    rest, zeros = divmod(code - 1, 10)
    if zeros == 9:
        return int((rest + 1) * 10**9)
    rest, digit = divmod(rest, 9)
    return int((rest * 10 + digit + 1) * 10**zeros)


def key_of(script: bytes) -> bytes:
    """The very bytes that stand for a scriptPubKey in a dump file: its size code and what follows."""
    match len(script):
        case 25 if script[:3] == b"\x76\xa9\x14" and script[23:] == b"\x88\xac":
            return bytes([KEY_HASH]) + script[3:23]
        case 23 if script[:2] == b"\xa9\x14" and script[22] == 0x87:
            return bytes([SCRIPT_HASH]) + script[2:22]
        case 35 if script[0] == 33 and script[34] == 0xAC and script[1] in (2, 3):
            return script[1:34]
        case 67 if script[:2] == b"\x41\x04" and script[66] == 0xAC and _is_point(script[1:66]):
            return bytes([4 | script[65] & 1]) + script[2:34]
    return varint(len(script) + SPECIAL) + script


def public_key(key: bytes) -> bytes | None:
    """The public key of a P2PK script as the script holds it (33 or 65 bytes), from its form; None off the curve."""
    kind = key[0]
    if kind in (2, 3):
        return key
    try:
        return PublicKey(bytes([kind - 2]) + key[1:]).format(compressed=False)
    except ValueError:
        return None


def _is_point(key: bytes) -> bool:
    try:
        PublicKey(key)
    except ValueError:
        return False
    return True
