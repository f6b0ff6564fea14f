"""What a node's own error means for us: a table, first match wins."""

from __future__ import annotations

import re
from enum import Enum
from typing import NamedTuple

from chains.adapter import Json
from chains.errors import NoMethod, Pruned, RateLimited, RpcFault, TooLarge, Transport
from chains.redact import redact

_MESSAGE_LENGTH_MAX = 500


class Kind(Enum):
    SPLIT = "split"  # less of it would be answered
    SLOW_DOWN = "slow down"
    RETRY = "retry"
    PRUNED = "pruned"
    NO_METHOD = "no such method"


class Row(NamedTuple):
    """Matches when the code is equal (None: any) and the pattern is found, case-insensitively, in the message.

    Where ``data`` is a text, it belongs to the message: CometBFT keeps its words there.
    """

    kind: Kind | None
    pattern: str
    code: int | None = None


TABLE = (
    Row(None, r"", code=3),
    Row(None, r"^execution reverted"),  # and what follows is the contract's own text, which may say anything
    Row(Kind.SPLIT, r"returndata\.limit"),
    Row(Kind.SPLIT, r"response (?:is )?too (?:large|big)|response size (?:is )?(?:exceed|too|larger)"),
    Row(Kind.SPLIT, r"batch (?:size |re(?:quest|sponse) )?(?:is |was )?too (?:large|big)"),
    Row(Kind.SPLIT, r"batch (?:size )?limit|maximum batch|batched requests are not supported"),
    Row(Kind.SPLIT, r"(?:payload|entity|body|content|request) (?:is )?too (?:large|big)"),
    Row(Kind.SPLIT, r"query returned more than|batch request exceeds maximum"),
    Row(Kind.SPLIT, r"exceeds max batch size|batch of more than|MaxBatchResponseBodySize"),  # Besu, dRPC, Nethermind
    Row(Kind.SPLIT, r"json rpc request format was expected"),  # what NEAR says of every batch
    Row(Kind.SPLIT, r"execution aborted \(timeout|execution timeout"),
    Row(Kind.SPLIT, r"timed out|timeout", code=-32002),
    Row(Kind.SPLIT, r"max (?:init)?code size exceeded|(?:init|create)[ -]?code ?size ?limit"),
    Row(Kind.SLOW_DOWN, r"", code=-32005),
    Row(Kind.SLOW_DOWN, r"", code=429),
    Row(Kind.SLOW_DOWN, r"rate.?limit|too many requests|\b429\b|requests per second|compute units per second"),
    Row(Kind.SLOW_DOWN, r"request rate exceeded|exceeded its .*capacity"),
    Row(Kind.SLOW_DOWN, r"exceeds the frequency limit|exceeded the allowed_rps"),  # TronGrid, with 403
    Row(Kind.RETRY, r"", code=-28),  # bitcoind and its kin, still loading
    Row(Kind.SLOW_DOWN, r"^(?:slowDown|tooBusy)$"),  # rippled, as the next row
    Row(Kind.RETRY, r"^(?:noNetwork|noCurrent|noClosed|notReady|internal)$"),
    Row(
        Kind.RETRY, r"server (?:is )?busy|overloaded|temporarily unavailable|service unavailable|bad gateway|try again"
    ),
    Row(Kind.PRUNED, r"missing trie node|historical state|header (?:for hash )?not found|\bpruned\b"),
    Row(Kind.PRUNED, r"hash is not currently canonical|state .*is not available|required historical"),
    Row(Kind.PRUNED, r"is not available, lowest height is|failed to load state at height"),  # CometBFT, Cosmos SDK
    Row(Kind.PRUNED, r"is garbage collected on this node"),  # NEAR
    Row(Kind.PRUNED, r"lookbacks of more than|ipld: could not find"),  # Lotus and its gateway
    Row(Kind.PRUNED, r"", code=410),  # HTTP's "gone"
    Row(Kind.NO_METHOD, r"", code=-32601),
    Row(
        Kind.NO_METHOD,
        r"method (?:\S+ )?(?:not found|does not exist|is not (?:available|supported))|unsupported method",
    ),
)
"""A chain is never judged by words: the adapters compare its id and its blocks."""


class Oversized(TooLarge):
    """The node's own word for TooLarge; ``fault`` is what it said."""

    def __init__(self, fault: RpcFault) -> None:
        super().__init__(str(fault))
        self.fault = fault


_FAULTS: dict[Kind | None, type[RpcFault]] = {Kind.PRUNED: Pruned, Kind.NO_METHOD: NoMethod}

Refusal = RpcFault | Oversized | Transport
"""RpcFault (or Pruned, NoMethod), Oversized, Transport (or RateLimited)."""


def refusal(provider: str, error: Json) -> Refusal:
    """The exception for the ``error`` member of a JSON-RPC response; its text names the provider, redacted."""
    code, message, data = _parts(error)
    kind = _kind(code, f"{message}: {data}" if isinstance(data, str) else message)
    fault = _FAULTS.get(kind, RpcFault)(code, message, data)
    # The message stays the node's own words, for those who match on it; the text also says whose words.
    fault.args = (redact(f"{provider}: {fault}"),)
    match kind:
        case Kind.SPLIT:
            return Oversized(fault)
        case Kind.SLOW_DOWN:
            return RateLimited(str(fault))
        case Kind.RETRY:
            return Transport(str(fault))
    return fault


def _kind(code: int, message: str) -> Kind | None:
    for row in TABLE:
        if row.code in (None, code) and re.search(row.pattern, message, re.IGNORECASE):
            return row.kind
    return None


def _parts(error: Json) -> tuple[int, str, Json]:
    """Nodes are lax: a bare string, a missing code and a code as text have all been seen."""
    if not isinstance(error, dict):
        return 0, _clean(str(error)), None
    code = error.get("code")
    number = code if isinstance(code, int) else 0
    return number, _clean(str(error.get("message", "no message"))), _clean_data(error.get("data"))


def _clean(text: str) -> str:
    return redact(text)[:_MESSAGE_LENGTH_MAX]  # cut last: half a key is no longer recognised


def _clean_data(data: Json) -> Json:
    match data:
        case str():
            return redact(data)
        case list():
            return [_clean_data(item) for item in data]
        case dict():
            return {key: _clean_data(value) for key, value in data.items()}
    return data
