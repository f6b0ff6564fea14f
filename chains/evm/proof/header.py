"""Block headers that hash to their block: only then is the state root the chain's and not the provider's."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from chains.codec.evm_address import keccak256
from chains.evm.proof import rlp
from chains.evm.proof.errors import IncompleteHeader, ProofError, UnknownHeader
from chains.evm.wire import quantity

_EXTRA_DATA_BYTES_MAX = 65_536  # proof-of-authority chains keep their validator set there
_NUMBER = -1

# Name in JSON -> bytes, or _NUMBER, or None for any length; in the order of the hash.
_COMMON: Mapping[str, int | None] = {
    "parentHash": 32,
    "sha3Uncles": 32,
    "miner": 20,
    "stateRoot": 32,
    "transactionsRoot": 32,
    "receiptsRoot": 32,
    "logsBloom": 256,
    "difficulty": _NUMBER,
    "number": _NUMBER,
    "gasLimit": _NUMBER,
    "gasUsed": _NUMBER,
    "timestamp": _NUMBER,
    "extraData": None,
    "mixHash": 32,
    "nonce": 8,
}
_ETHEREUM: Mapping[str, int | None] = {
    "baseFeePerGas": _NUMBER,  # London
    "withdrawalsRoot": 32,  # Shanghai
    "blobGasUsed": _NUMBER,  # Cancun
    "excessBlobGas": _NUMBER,
    "parentBeaconBlockRoot": 32,
    "requestsHash": 32,  # Prague
    "blockAccessListHash": 32,  # Amsterdam
    "slotNumber": _NUMBER,
}
# Source: HeaderSerializable in ava-labs/coreth; the first is always there.
_AVALANCHE: Mapping[str, int | None] = {
    "extDataHash": 32,
    "baseFeePerGas": _NUMBER,  # Apricot 3
    "extDataGasUsed": _NUMBER,  # Apricot 4
    "blockGasCost": _NUMBER,
    "blobGasUsed": _NUMBER,  # Etna
    "excessBlobGas": _NUMBER,
    "parentBeaconBlockRoot": 32,
    "timestampMilliseconds": _NUMBER,  # Granite
    "minDelayExcess": _NUMBER,
}
_NOT_HASHED = frozenset(
    {
        *(
            "hash",
            "size",
            "totalDifficulty",
            "transactions",
            "uncles",
            "withdrawals",
            "author",
            "sealFields",
        ),  # anywhere
        *("blockExtraData", "l1BlockNumber", "sendCount", "sendRoot"),  # Avalanche, Arbitrum
    }
)
_DATA = re.compile(r"0x(?:[0-9a-fA-F]{2})*")
_STATE_ROOT, _HEIGHT = list(_COMMON).index("stateRoot"), list(_COMMON).index("number")


class Dialect(StrEnum):
    """Whose rules the state behind the header follows."""

    ETHEREUM = "ethereum"
    AVALANCHE = "avalanche"


@dataclass(frozen=True, slots=True)
class Header:
    """A header known to hash to the block that was asked for."""

    height: int
    state_root: bytes
    dialect: Dialect
    encoded: bytes


def from_json(block: object, *, block_hash: str, height: int) -> Header:
    """The answer of eth_getBlockByHash as the header of that very block.

    Raises ProofError where the fields are not those of the block; UnknownHeader where that may be so because one is
    not known here; IncompleteHeader where one is missing that is always hashed.
    """
    if not isinstance(block, dict):
        raise ProofError("the header is not an object")
    optional = _AVALANCHE if "extDataHash" in block else _ETHEREUM
    if missing := [name for name in _COMMON if block.get(name) is None]:
        raise IncompleteHeader(f"header without {', '.join(missing)}"[:200])
    fields = [_field(name, block[name], size) for name, size in _COMMON.items()]
    present = [block.get(name) is not None for name in optional]
    last = max((index for index, is_there in enumerate(present) if is_there), default=-1)
    for index, (name, size) in enumerate(optional.items()):
        if index <= last:  # a gap is hashed as an empty string
            fields.append(_field(name, block[name], size) if present[index] else b"")
    try:
        header = from_rlp(rlp.encode(fields), block_hash=block_hash)
    except ProofError:
        if unknown := block.keys() - _COMMON.keys() - optional.keys() - _NOT_HASHED:
            raise UnknownHeader(f"header fields not known: {', '.join(sorted(map(str, unknown)))[:200]}") from None
        raise
    if header.height != height:
        raise ProofError(f"the header of block {header.height}, not of {height}")
    return header


def from_rlp(encoded: bytes, *, block_hash: str) -> Header:
    """The header of a block from its RLP. Raises ProofError unless it hashes to ``block_hash``."""
    if "0x" + keccak256(encoded).hex() != block_hash:
        raise ProofError(f"the header does not hash to {block_hash}")
    parts = rlp.items(encoded)
    if len(parts) < len(_COMMON):
        raise ProofError(f"a header of {len(parts)} fields")
    state_root = rlp.text(parts[_STATE_ROOT])
    if len(state_root) != 32:
        raise ProofError("a state root that is not 32 bytes")
    # Ethereum's sixteenth field is a fee and never fills 32 bytes.
    is_avalanche = len(parts) > len(_COMMON) and len(rlp.text(parts[len(_COMMON)])) == 32
    dialect = Dialect.AVALANCHE if is_avalanche else Dialect.ETHEREUM
    return Header(rlp.number(parts[_HEIGHT], bytes_max=8), state_root, dialect, encoded)


def _field(name: str, value: object, size: int | None) -> bytes:
    if size == _NUMBER:
        number = quantity(value)
        if not isinstance(number, int):
            raise ProofError(f"header field {name}: {number.detail}")
        return rlp.encode_number(number)
    if not isinstance(value, str) or len(value) > 2 + 2 * _EXTRA_DATA_BYTES_MAX or not _DATA.fullmatch(value):
        raise ProofError(f"header field {name} is not hexadecimal data")
    data = bytes.fromhex(value[2:])
    if size is not None and len(data) != size:
        raise ProofError(f"header field {name} has {len(data)} bytes, not {size}")
    return data
