"""TON addresses: workchain and hash of the account, raw (``0:<hex>``) or user-friendly (Base64 with flags and CRC-16).

Source: https://docs.ton.org/v3/documentation/smart-contracts/addresses/address-formats
"""

from __future__ import annotations

import base64
import re
from binascii import crc_hqx
from typing import NamedTuple

from chains.errors import BadAddress

HASH_BYTES = 32
BASECHAIN, MASTERCHAIN = 0, -1
_RAW = re.compile(r"(?P<workchain>0|-1):(?P<hash>[0-9a-f]{64}|[0-9A-F]{64})")
_FRIENDLY = re.compile(r"[A-Za-z0-9_-]{48}|[A-Za-z0-9+/]{48}")
_BOUNCEABLE, _NON_BOUNCEABLE, _TEST = 0x11, 0x51, 0x80


class TonAddress(NamedTuple):
    workchain: int
    hash: bytes


def decode(text: str) -> TonAddress:
    """Bounceable and non-bounceable are one account. Addresses marked for test networks are none. Raises BadAddress."""
    if match := _RAW.fullmatch(text):
        return TonAddress(int(match["workchain"]), bytes.fromhex(match["hash"]))
    if not _FRIENDLY.fullmatch(text):
        raise BadAddress("a TON address is 48 Base64 characters, or workchain:hash")
    raw = base64.b64decode(text, altchars=b"-_" if {"-", "_"} & set(text) else None)
    if crc_hqx(raw[:-2], 0).to_bytes(2, "big") != raw[-2:]:
        raise BadAddress("the TON checksum is wrong")
    if raw[0] & _TEST:
        raise BadAddress("an address of a test network")
    workchain = int.from_bytes(raw[1:2], "big", signed=True)
    if raw[0] not in (_BOUNCEABLE, _NON_BOUNCEABLE) or workchain not in (BASECHAIN, MASTERCHAIN):
        raise BadAddress("flags or workchain of the TON address do not exist")
    return TonAddress(workchain, raw[2:-2])


def encode(address: TonAddress, *, bounceable: bool) -> str:
    """The user-friendly text, in the URL-safe alphabet."""
    assert len(address.hash) == HASH_BYTES, "no account hash"
    body = bytes([_BOUNCEABLE if bounceable else _NON_BOUNCEABLE, address.workchain & 0xFF]) + address.hash
    return base64.urlsafe_b64encode(body + crc_hqx(body, 0).to_bytes(2, "big")).decode()
