"""What can go wrong between us and a chain.

    ChainError
    |-- Transport            the network or the server failed; retried, in chains/rpc.py only
    |   |-- RateLimited      the server asked us to slow down
    |   |-- TimedOut         no complete answer within the deadline; less of it might arrive in time
    |   `-- Malformed        the server answered, but not in its own protocol
    |-- TooLarge             the request must be split; never retried as it was
    |-- RpcFault             the node understood and refused: its own error code and message
    |   |-- NoMethod         the node does not know, or does not offer, the method
    |   `-- Pruned           the node cannot answer about this block
    |-- NotFinal             the wanted block is not final yet
    |-- Reorged              the pinned block is no longer part of the chain
    |-- WrongChain           the provider serves another chain: it is stopped, not retried
    `-- OverBudget           config allows this provider no more requests in this run: it is stopped, too
    BadAddress (ValueError)  text that is no address of this network; a finding about the data, not a failure
    `-- HiddenAddress        a sound address whose balance only its owner can read

No message may contain a URL, a header or a credential: name the provider instead.
"""

from __future__ import annotations


class ChainError(Exception):
    """Anything that kept us from learning what a chain says."""


class Transport(ChainError):
    """The request may succeed when repeated: refused, reset, timed out, 5xx, truncated."""


class RateLimited(Transport):
    """The provider asked us to wait (429, 503, or its own error code)."""

    def __init__(self, message: str, *, retry_after_s: float | None = None) -> None:
        super().__init__(message)
        self.retry_after_s = retry_after_s


class TimedOut(Transport):
    """No complete answer within the deadline, at every attempt."""


class Malformed(Transport):
    """HTML with status 200, truncated JSON, unknown or duplicate ids: never parsed into a value."""


class TooLarge(ChainError):
    """The batch, its answer or its work exceeds a limit of the provider (or our own size cap)."""


class RpcFault(ChainError):
    """The node's own refusal of one call."""

    def __init__(self, code: int, message: str, data: object = None) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message
        self.data = data


class NoMethod(RpcFault):
    """The provider does not serve this method."""


class Pruned(RpcFault):
    """The provider has no state for this block."""


class NotFinal(ChainError):
    """The wanted block is beyond the last final one."""


class Reorged(ChainError):
    """The chain no longer contains the pinned (height, hash)."""


class WrongChain(ChainError):
    """The provider's chain identity is not the configured one."""


class OverBudget(ChainError):
    """The provider's budget for this run is spent. Nothing was sent; a later run may ask it again."""


class BadAddress(ValueError):
    """Not an address of this network; the message says why, in words for a finding."""


class HiddenAddress(BadAddress):
    """A sound address of this network, of a kind whose balance the chain shows to nobody but its owner."""
