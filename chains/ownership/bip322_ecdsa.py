"""How ECDSA signatures satisfy a key hash or an m-of-n script, before segwit and in it: the same items, other digests.

The rules are those of spending that BIP-322 requires: strict DER, low s, SIGHASH_ALL, the empty item that
OP_CHECKMULTISIG takes, and nothing left over.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from coincurve import PublicKey
from coincurve.ecdsa import cdata_to_der, der_to_cdata

from chains.codec.hashes import hash160
from chains.ownership import multisig
from chains.ownership.bip322_digests import SIGHASH_ALL
from chains.ownership.types import BadProof

Digest = Callable[[bytes], bytes]
"""What is signed, by its script code."""


def by_key(items: Sequence[bytes], key_hash: bytes, digest: Digest, *, long_keys: bool = False) -> bytes:
    """The key that a key hash reveals. ``long_keys``: whether it may be uncompressed. Raises BadProof."""
    if len(items) != 2:
        raise BadProof("a key hash is satisfied by a signature and a key")
    signature, key = items
    if not multisig.is_key(key) or (len(key) != multisig.COMPRESSED and not long_keys) or hash160(key) != key_hash:
        raise BadProof("the signature shows the key of another address")
    if not _signed(signature, digest(b"\x76\xa9\x14" + key_hash + b"\x88\xac"), key):
        raise BadProof("the signature does not hold for this address and message")
    return key


def by_script(items: Sequence[bytes], digest: Digest) -> bytes:
    """The m-of-n script that stands last, and whose hash was checked. Raises BadProof and Undecidable."""
    script = items[-1]
    threshold, keys = multisig.parse(script)
    if len(items) != threshold + 2 or items[0]:
        raise BadProof("an m-of-n script is satisfied by an empty item, m signatures and itself")
    signed = digest(script)
    left = iter(keys)
    for signature in items[1:-1]:  # in the order of the keys, as the script asks for
        if not any(_signed(signature, signed, key) for key in left):
            raise BadProof("a signature was made by no key of the script, or stands out of order")
    return script


def _signed(signature: bytes, digest: bytes, key: bytes) -> bool:
    """Strict DER and SIGHASH_ALL; libsecp256k1 itself refuses a high s."""
    der = signature[:-1]
    if signature[-1:] != bytes([SIGHASH_ALL]):
        return False
    try:
        return cdata_to_der(der_to_cdata(der)) == der and PublicKey(key).verify(der, digest, hasher=None)
    except ValueError:
        return False
