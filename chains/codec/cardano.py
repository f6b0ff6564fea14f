"""Cardano main network payment addresses: Shelley's bech32 (CIP-19), and Byron's Base58 of CBOR with a CRC-32."""

from __future__ import annotations

from zlib import crc32

from chains.codec import base58, bech32_bytes
from chains.errors import BadAddress

_HRP = "addr"
_TEXT_MAX = 120  # bech32's own limit of 90 is not Cardano's
_MAIN = 1  # the low half of the first byte
_SIZES = {0: 57, 1: 57, 2: 57, 3: 57, 6: 29, 7: 29}
"""Kind of address (the high half) -> bytes. Pointer addresses (4, 5) are not read: Conway retired them."""
_BYRON_HEAD = b"\x82\xd8\x18\x58"  # a list of two: bytes with CBOR inside, and their checksum
_BYRON_BODY = b"\x83\x58\x1c"  # a list of three: a hash of 28 bytes, attributes, a type
_BYRON_ATTRIBUTES = len(_BYRON_BODY) + 28
_NONE, _ONE, _PATH = 0xA0, 0xA1, 0x01  # on the main network the attributes are empty, or hold a derivation path


def canonical(text: str) -> str:
    """The one spelling: Shelley in lower case, Byron as it is. Raises BadAddress."""
    if text[:5].lower() == f"{_HRP}1":
        return bech32_bytes.encode(_HRP, _shelley(text))
    _check_byron(base58.decode(text))
    return text


def _shelley(text: str) -> bytes:
    failure = BadAddress("no address")
    for size in sorted(set(_SIZES.values())):
        try:
            raw = bech32_bytes.decode(text, _HRP, size=size, text_max=_TEXT_MAX)
        except BadAddress as error:
            failure = error
            continue
        if raw[0] & 0xF != _MAIN or _SIZES.get(raw[0] >> 4) != size:
            raise BadAddress("no payment address of the main network")
        return raw
    raise failure


def _check_byron(raw: bytes) -> None:
    size = raw[4] if len(raw) > 5 else 0
    body, checksum = raw[5 : 5 + size], raw[5 + size :]
    if not raw.startswith(_BYRON_HEAD) or len(body) != size or checksum != _number(crc32(body)):
        raise BadAddress("neither an addr1... nor a Byron address: the checksum is wrong")
    attributes = body[_BYRON_ATTRIBUTES : _BYRON_ATTRIBUTES + 2]
    plain = attributes[:1] == bytes([_NONE])
    if not body.startswith(_BYRON_BODY) or not (plain or attributes == bytes([_ONE, _PATH])):
        raise BadAddress("a Byron address, but not of the main network")


def _number(value: int) -> bytes:
    """CBOR's shortest form of an unsigned number below 2**32."""
    if value < 24:
        return bytes([value])
    size = 1 if value < 2**8 else 2 if value < 2**16 else 4
    return bytes([0x18 + size.bit_length() - 1]) + value.to_bytes(size, "big")
