"""What the chain says of those who signed, and what then counts toward the reserve. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from chains.controllers import Authority, ControlKind, Signer, is_key
from chains.types import Failure
from indexer.model.control import OwnershipSummary, Said
from indexer.model.result import Total

_NAMED_MAX = 3


def settled(signers: Sequence[Signer], witnesses: Sequence[tuple[Authority, ...] | Failure]) -> tuple[Said, str]:
    """What independent witnesses say of those who signed, and why. Each names every authority of the address.

    Control is confirmed only where all of them name the same authorities, and one is within reach of the signers.
    """
    assert witnesses, "somebody was asked"
    failures = [each for each in witnesses if isinstance(each, Failure)]
    if failures:
        return Said.UNREAD, f"{failures[0].reason}: {failures[0].detail}".removesuffix(": ")
    told = [each for each in witnesses if not isinstance(each, Failure)]
    if any(set(each) != set(told[0]) for each in told):
        return Said.DISPUTED, f"witnesses differ: {_names(told[0])}, and {_names(told[-1])}"
    reached = [(authority.weight_of(signers), authority) for authority in told[0]]
    for weight, authority in reached:
        if weight >= authority.threshold:
            return Said.CONFIRMED, f"who signed has {weight} of the {authority.threshold} that {_name(authority)} asks"
    weight, authority = max(reached, key=lambda each: each[0])
    if weight:
        return Said.TOO_FEW, f"who signed has {weight} of the {authority.threshold} that {_name(authority)} asks"
    if any(authority.kind is ControlKind.WITHDRAWAL for authority in told[0]) and all(map(is_key, signers)):
        return Said.TOO_FEW, f"a validator's own key cannot withdraw: {_names(told[0])}"
    if all(authority.chain is not None for authority in told[0]):  # whoever controls these was not read
        return Said.UNREAD, f"decided on another chain, which was not read: {_names(told[0])}"
    if any(authority.kind is ControlKind.AUTHENTICATION_KEY for authority in told[0]):
        return Said.HIDDEN, f"the key that signed is not the one it obeys, or not alone: {_names(told[0])}"
    if not any(authority.signers for authority in told[0]):
        return Said.OTHERS, "nobody can move what this address holds: the chain says that it has no key any more"
    return Said.OTHERS, f"others control this address: {_names(told[0])}"


def counted(totals: Sequence[Total], ownership: OwnershipSummary | None) -> list[Total]:
    """The per-asset totals as far as they count toward the reserve: all of them where nothing was judged."""
    if ownership is None or not ownership.judged:
        return list(totals)
    return [_counted(total, ownership) for total in totals]


def _counted(total: Total, ownership: OwnershipSummary) -> Total:
    if total.scale is None:
        return total
    low, high = ownership.counted(total.asset)
    assert low <= total.low, "no more counts than there is"
    return replace(total, low=low, high=high)


def _names(authorities: Sequence[Authority]) -> str:
    return "; ".join(_who(each) for each in authorities[:_NAMED_MAX])


def _who(authority: Authority) -> str:
    if not authority.signers:
        return _name(authority)
    shown = [str(each.signer) for each in authority.signers[:_NAMED_MAX]]
    more = len(authority.signers) - len(shown)
    others = f" and {more} more" if more else ""
    return f"{_name(authority)}, {authority.threshold} of {', '.join(shown)}{others}"


def _name(authority: Authority) -> str:
    """``multisig contract (getThreshold)``."""
    return f"{authority.kind} ({authority.name})" if authority.name else str(authority.kind)
