"""One test per row of the table of refusals, in the words of the nodes that say them."""

from __future__ import annotations

import re

import pytest

from chains.adapter import Json
from chains.errors import Pruned, RateLimited, RpcFault, Transport
from chains.rpc.refusals import TABLE, Oversized, refusal

SAID = [
    (0, -32000, "call retuned result on length 131104 exceeding --rpc.returndata.limit 100000", Oversized),
    (1, -32003, "response too large", Oversized),
    (1, -32008, "Response is too big", Oversized),
    (1, -32602, "Log response size exceeded.", Oversized),
    (2, -32600, "batch too large", Oversized),
    (
        2,
        -32000,
        "batch limit 100 exceeded (can increase by --rpc.batch.limit). Requested batch of size: 500",
        Oversized,
    ),
    (2, -32600, "Batch size too large. Too many requests", Oversized),
    (3, -32600, "Request too large", Oversized),
    (3, -32000, "content too large", Oversized),
    (4, -32005, "query returned more than 10000 results", Oversized),
    (5, -32000, "execution aborted (timeout = 5s)", Oversized),
    (6, -32002, "request timed out", Oversized),
    (7, -32005, "daily request count exceeded", RateLimited),
    (8, 429, "Your app has exceeded its capacity", RateLimited),
    (9, -32090, "Too many requests, reason: call rate limit exhausted", RateLimited),
    (9, -32007, "50/second request limit reached - HTTP 429", RateLimited),
    (9, -32000, "rate limited", RateLimited),
    (9, -32000, "Your app has exceeded its compute units per second capacity", RateLimited),
    (10, -28, "Loading block index...", Transport),
    (11, -32000, "missing trie node 5e6f (path 0a) state 0x1 is not available", Pruned),
    (11, -32000, "historical state 00aa is not available", Pruned),
    (11, -32000, "header not found", Pruned),
    (11, -32000, "header for hash not found", Pruned),
    (11, -1, "Block not available (pruned data)", Pruned),
    (None, 3, "execution reverted", RpcFault),
    (None, -32601, "the method eth_foo does not exist", RpcFault),
    (None, -32000, "execution timed out in a contract's own words", RpcFault),
    (None, -32000, "unpruned 4290 headers", RpcFault),
]


@pytest.mark.parametrize(("row", "code", "message", "expected"), SAID)
def test_row(row: int | None, code: int, message: str, expected: type[Exception]) -> None:
    matching = [
        number
        for number, entry in enumerate(TABLE)
        if entry.code in (None, code) and re.search(entry.pattern, message, re.IGNORECASE)
    ]
    assert (matching[0] if matching else None) == row
    error = refusal("acme", {"code": code, "message": message})
    assert type(error) is expected
    assert str(error) == f"acme: {code}: {message}"
    if isinstance(error, RpcFault):
        assert (error.code, error.message) == (code, message)
    if isinstance(error, Oversized):
        assert (error.fault.code, error.fault.message) == (code, message)


def test_every_row_has_a_node_that_says_it() -> None:
    assert {row for row, *_ in SAID if row is not None} == set(range(len(TABLE)))


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
