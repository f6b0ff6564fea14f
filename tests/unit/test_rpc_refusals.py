"""The table of refusals, row by row, in the literal words of nodes and providers."""

from __future__ import annotations

import pytest

from chains.adapter import Json
from chains.errors import NoMethod, Pruned, RateLimited, RpcFault, Transport
from chains.rpc.refusals import TABLE, Oversized, Row, refusal

DEAD, SPLIT, BACK_OFF, TRANSIENT, UNKNOWN = Pruned, Oversized, RateLimited, Transport, RpcFault

SAID: list[tuple[type[Exception], int, str]] = [
    # the endpoint cannot answer at this height
    (DEAD, -1, "Block not available (pruned data)"),
    (DEAD, -32000, "missing trie node 5d2b (path ) state 0x5d2b is not available, not found"),
    (DEAD, -32000, "historical state 5d2b is not available"),
    (DEAD, -32000, "header not found"),
    (DEAD, -32000, "header for hash not found"),
    (DEAD, -32000, "hash is not currently canonical"),
    (DEAD, -32000, "pruned history unavailable"),
    (DEAD, -32000, "state at block #5 is pruned"),
    (DEAD, -32000, "required historical state unavailable (reexec=128)"),
    (DEAD, -32000, "state 0x5d2b is not available"),
    (DEAD, 1, "bad tipset height: lookbacks of more than 24h0m0s are disallowed"),
    (DEAD, 1, "loading tipset {bafy2}: ipld: could not find bafy2"),
    (DEAD, 18, "failed to load state at height 5; version does not exist (latest height: 9): invalid request"),
    (DEAD, -32000, "The data for block #5 is garbage collected on this node, use an archival node to fetch it"),
    (DEAD, 410, "what HTTP calls gone"),
    # less of it would be answered
    (SPLIT, -32700, "JSON RPC Request format was expected"),
    (SPLIT, -32000, "call retuned result on length 131104 exceeding --rpc.returndata.limit 100000"),
    (SPLIT, -32602, "Log response size exceeded."),
    (SPLIT, -32600, "Batch size too large. Too many requests"),
    (SPLIT, -32000, "content too large"),
    (SPLIT, -32000, "call returned result on length 100064 exceeding --rpc.returndata.limit 100000"),
    (SPLIT, -32003, "response too large"),
    (SPLIT, -32008, "Response is too big"),
    (SPLIT, -32000, "response size exceeded"),
    (SPLIT, -32600, "batch too large"),
    (SPLIT, -32010, "The batch request was too large"),
    (SPLIT, -32011, "The batch response was too large"),
    (SPLIT, -32005, "Batched requests are not supported by this server"),
    (SPLIT, -32000, "batch limit 100 exceeded (can increase by --rpc.batch.limit)"),
    (SPLIT, -32600, "request too large"),
    (SPLIT, -32007, "Request is too big"),
    (SPLIT, -32600, "Payload Too Large"),
    (SPLIT, -32000, "execution aborted (timeout = 5s)"),
    (SPLIT, -32015, "execution timeout"),
    (SPLIT, -32002, "request timed out"),
    (SPLIT, -32000, "max initcode size exceeded: code size 60000 limit 49152"),
    (SPLIT, -32000, "max code size exceeded"),
    (SPLIT, -32603, "EVM error CreateInitCodeSizeLimit"),
    (SPLIT, -32005, "query returned more than 10000 results"),
    (SPLIT, -32005, "Number of requests in batch exceeds max batch size"),
    (
        SPLIT,
        31,
        "Batch of more than 3 requests are not allowed on free tier, to use this feature register paid account",
    ),
    (SPLIT, -32005, "MaxBatchResponseBodySize of 30MB exceeded"),
    # slow down
    (BACK_OFF, -32090, "Too many requests, reason: call rate limit exhausted"),
    (BACK_OFF, -32007, "50/second request limit reached - HTTP 429"),
    (BACK_OFF, -32000, "rate limited"),
    (BACK_OFF, 429, "anything"),
    (BACK_OFF, 403, "The key exceeds the frequency limit(15), and the query server is suspended for 30 s"),
    (BACK_OFF, 403, "request rate exceeded the allowed_rps(3), and the query server is suspended for 5 s"),
    (BACK_OFF, -32005, "limit exceeded"),
    (BACK_OFF, -32005, "daily request count exceeded, request rate limited"),
    (BACK_OFF, -32097, "project ID request rate exceeded"),
    (BACK_OFF, -32600, "Your app has exceeded its compute units per second capacity"),
    (BACK_OFF, -32000, "Your app has exceeded its throughput capacity"),
    (BACK_OFF, -32000, "Too Many Requests"),
    (BACK_OFF, 0, "slowDown"),
    (BACK_OFF, 0, "tooBusy"),
    # another moment
    (TRANSIENT, -28, "Loading block index..."),
    (TRANSIENT, -32009, "Server is busy, try again later"),
    (TRANSIENT, -32000, "service temporarily unavailable"),
    (TRANSIENT, -32000, "upstream: bad gateway"),
    (TRANSIENT, 0, "noNetwork"),
    (TRANSIENT, 0, "internal"),
    # the method itself
    (NoMethod, -32601, "the method eth_getProof does not exist/is not available"),
    (NoMethod, -32601, "Method not found"),
    (NoMethod, -32601, "no such method"),
    (NoMethod, -32600, "Unsupported method: eth_getProof on ETH_MAINNET"),
    (NoMethod, -32000, "method eth_getProof is not supported"),
    (Pruned, 410, "resource is gone"),
    # none of these: the node's own answer
    (UNKNOWN, -32000, "execution timed out in a contract's own words"),
    (UNKNOWN, -32603, "internal error"),
    (UNKNOWN, 0, "actNotFound"),
    (UNKNOWN, -32000, "unpruned 4290 headers"),
    (UNKNOWN, 3, "execution reverted: ERC20: frozen"),
    (UNKNOWN, 3, "a contract that says: too many requests"),
    (UNKNOWN, -32000, "execution reverted: server busy, header not found, out of gas"),
    (UNKNOWN, -32000, "out of gas"),  # of one call among many it says nothing about size: see test_evm_answers
    (UNKNOWN, -32000, "invalid opcode: INVALID"),
    (UNKNOWN, -32602, "too many arguments, want at most 2"),
    (UNKNOWN, -32602, "invalid argument 1: cannot unmarshal object into Go value of type string"),
]


def test_words_may_be_in_the_data() -> None:
    """CometBFT, rpc/jsonrpc: the message is the name of the code, what happened is in ``data``."""
    gone: Json = {"code": -32603, "message": "Internal error", "data": "height 1 is not available, lowest height is 9"}
    assert type(refusal("acme", gone)) is Pruned
    many = "batch request exceeds maximum (10) allowed number of requests"
    assert type(refusal("acme", {"code": -32600, "message": "Invalid Request", "data": many})) is Oversized
    other: Json = {"code": 3, "message": "execution reverted", "data": "batch request exceeds maximum"}
    assert type(refusal("acme", other)) is RpcFault


@pytest.mark.parametrize(("kind", "code", "message"), SAID)
def test_the_words_of_nodes(kind: type[Exception], code: int, message: str) -> None:
    error = refusal("acme", {"code": code, "message": message})
    assert type(error) is kind
    assert str(error) == f"acme: {code}: {message}"
    if isinstance(error, RpcFault):
        assert (error.code, error.message) == (code, message)
    if isinstance(error, Oversized):
        assert (error.fault.code, error.fault.message) == (code, message)


@pytest.mark.parametrize("row", TABLE, ids=lambda row: f"{row.kind} {row.pattern or row.code}")
def test_no_row_is_without_its_words(row: Row, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the row, some of the words above are taken for something else."""
    monkeypatch.setattr("chains.rpc.refusals.TABLE", tuple(other for other in TABLE if other is not row))
    kinds = [type(refusal("node", {"code": code, "message": message})) for _, code, message in SAID]
    assert kinds != [kind for kind, _, _ in SAID]


@pytest.mark.parametrize(
    ("error", "code", "message"),
    [
        ("no", 0, "no"),
        ({"message": "no"}, 0, "no"),
        ({"code": "-5", "message": "no"}, 0, "no"),
        ({"code": -5}, -5, "no message"),
        ([1], 0, "[1]"),
        ({"code": -5, "message": "m" * 9999}, -5, "m" * 500),
    ],
)
def test_odd_errors_are_refusals_all_the_same(error: Json, code: int, message: str) -> None:
    fault = refusal("acme", error)
    assert isinstance(fault, RpcFault)
    assert (fault.code, fault.message) == (code, message)


def test_data_is_kept_for_the_adapter() -> None:
    fault = refusal("acme", {"code": 3, "message": "execution reverted", "data": {"a": ["0x08c379a0", 1, None]}})
    assert isinstance(fault, RpcFault)
    assert fault.data == {"a": ["0x08c379a0", 1, None]}
