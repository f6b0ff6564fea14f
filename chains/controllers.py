"""Who can move what an address holds, in the words that every family shares. What signatures alone do not tell."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple, NewType

from chains.types import Address, BlockRef, ChainId, Failure

Signer = NewType("Signer", str)
"""One that can sign: a canonical address (see `by_address`), or ``key:`` and a public key (see `by_key`)."""

_KEY = "key:"


def by_address(address: Address) -> Signer:
    """The account of that address, in the canonical spelling of its chain; an Aptos authentication key is one, too."""
    return Signer(address)


def by_key(key: bytes) -> Signer:
    """A bare public key: 33 bytes (secp256k1, compressed), 32 (ed25519; a Starknet x coordinate, big-endian)."""
    return Signer(_KEY + key.hex())


def is_key(signer: Signer) -> bool:
    return signer.startswith(_KEY)


class ControlKind(StrEnum):
    """By which rule of its chain an authority acts."""

    OWN_KEY = "own key"  # no code and no other rule: the key that the address was made from
    DELEGATED = "own key, code delegated"  # EIP-7702: the key still decides, and so does the code it chose
    MULTISIG = "multisig contract"  # owners and a threshold, kept by a contract
    OWNER = "contract owner"  # a contract that obeys one owner
    AUTHENTICATION_KEY = "authentication key"  # Aptos; Algorand's auth-addr: a hash of one key, or of several unnamed
    PERMISSION = "account permission"  # Antelope, TRON: weighted keys or accounts
    MASTER_KEY = "master key"  # XRPL: the key of the address, while it is enabled
    REGULAR_KEY = "regular key"  # XRPL
    SIGNER_LIST = "signer list"  # XRPL, Stellar
    WALLET_KEY = "wallet key"  # TON, Starknet, NEAR: the public key that the account itself keeps
    NOBODY = "no key"  # the chain says that none is left
    WITHDRAWAL = "withdrawal credentials"  # a validator: where its stake will be paid to


class Weighted(NamedTuple):
    signer: Signer
    weight: int = 1


@dataclass(frozen=True, slots=True)
class Authority:
    """Signers whose weights reach ``threshold`` can move what the address holds.

    ``name``: what the chain calls it, where it has several of a kind (``active``, ``owner``). ``chain``: where the
    signers' addresses live, if on another chain than the address (a validator's withdrawal address).
    """

    kind: ControlKind
    threshold: int
    signers: tuple[Weighted, ...]
    name: str = ""
    chain: ChainId | None = None

    def __post_init__(self) -> None:
        assert self.threshold > 0, "nobody acts by no weight at all"
        assert len({each.signer for each in self.signers}) == len(self.signers), "each signer once"

    def weight_of(self, signers: Sequence[Signer]) -> int:
        """What these reach together; each counts once."""
        return sum(each.weight for each in self.signers if each.signer in signers)


NOBODY = Authority(ControlKind.NOBODY, 1, ())
"""An authority that no signer ever reaches. Not for what could not be read."""


@dataclass(frozen=True, slots=True)
class Controls:
    """Answers to addresses, one per address, in order.

    ``authorities[i]``: every authority of the address, any one of which is enough; () exactly where ``failures`` has i,
    for whoever cannot be read is not known, and never nobody. ``block`` is the block that really served them.
    """

    block: BlockRef
    authorities: Sequence[tuple[Authority, ...]]
    failures: Mapping[int, Failure]

    def __post_init__(self) -> None:
        silent = {index for index, found in enumerate(self.authorities) if not found}
        assert silent == self.failures.keys(), "an address has neither or both authorities and a reason"
