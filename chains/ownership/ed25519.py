"""One ed25519 signature over the raw ``OKX Signed Message`` bytes: the key -> the account's address.

Addresses that are only names leave the key to be read on chain. So does a row that names an owner where keys can be
rotated: the owner then is what the key leads to, and the address keeps the name of its first key.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Annotated, Literal

import msgspec

from chains.codec.ss58 import PREFIX_MAX
from chains.controllers import by_key
from chains.ownership import text25519
from chains.ownership.accounts25519 import ACCOUNTS
from chains.ownership.messages import OKX_HEADER, with_header
from chains.ownership.proven import account as account_of
from chains.ownership.proven import owned
from chains.ownership.types import BadProof, OwnershipClaim, OwnershipResult, Scheme, Undecidable, Verdict

_UNKNOWN = "who controls the account"


class Options(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """``account``: kind of address, see accounts25519.py. ``ss58``: its prefixes. ``hrp``: bech32 or Lisk32 prefix.

    ``missing``: what is to be read on chain for an address that no key leads to. ``rotates``: the same, where an
    address can later be given other keys than the one it was made from; ``rotating``: only by these rules, if any.
    """

    account: Literal[
        "solana",
        "aptos",
        "sui",
        "iota",
        "ton",
        "venom",
        "ss58",
        "cardano",
        "stellar",
        "near",
        "algorand",
        "tezos",
        "bech32",
        "icp",
        "casper",
        "kadena",
        "sia",
        "lisk32",
        "pocket",
        "hedera",
        "iost",
        "canton",
    ]
    ss58: tuple[Annotated[int, msgspec.Meta(ge=0, le=PREFIX_MAX)], ...] = ()
    hrp: str = ""
    missing: str = ""
    rotates: str = ""
    rotating: tuple[str, ...] = ()


def prove(claim: OwnershipClaim, options: Options) -> OwnershipResult:
    account = ACCOUNTS[options.account]
    if claim.signature2:
        raise BadProof("a second signature, where one key decides")
    if claim.owner2 or (claim.owner1 and (not options.rotates or options.rotating)):
        raise Undecidable("owners are named, but no rule says what they own on this network")
    address = account.parse(claim.address, options)
    target = account.parse(claim.owner1, options) if claim.owner1 else address
    if claim.owner1 and target is None:
        raise Undecidable("the named owner is a name itself, not a key's address")
    if claim.script_or_key:
        key = text25519.read_key(claim.script_or_key)
    elif target is not None and account.holds_key:
        key = target
    else:
        raise Undecidable("the public key is not published")
    text25519.check(key=key, message=_signed(claim.message), signature=text25519.read_signature(claim.signature1))
    if target is None:
        missing = options.missing or _UNKNOWN
        detail = f"the published key signed; missing: {missing}"
        return OwnershipResult(Verdict.OWNER_SIGNED, options.account, detail, missing, (by_key(key),))
    rule = next((name for name, payload in account.derive(key).items() if payload == target), None)
    if rule is None:
        rules = ", ".join(account.derive(key))
        raise BadProof(f"the key signed, but leads to another {'owner' if claim.owner1 else 'address'} (by {rules})")
    scheme = f"{options.account}/{rule}"
    if not options.rotates or (options.rotating and rule not in options.rotating):
        return owned(scheme)
    text = account.spell(target) if account.spell else claim.owner1 or claim.address
    named = account.derive(key).values() if account.aliases else (target,)
    signers = (by_key(key), *(account_of(text, payload) for payload in named))
    if claim.owner1 and target != address:
        detail = f"the named owner signed; missing: {options.rotates}"
        return OwnershipResult(Verdict.OWNER_SIGNED, scheme, detail, options.rotates, signers)
    return owned(scheme, options.rotates, signers)


@lru_cache(maxsize=256)
def _signed(message: str) -> bytes:
    return with_header(OKX_HEADER, message)


SCHEME = Scheme(Options, prove)
