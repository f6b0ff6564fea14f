from __future__ import annotations

import json
from urllib.parse import quote, unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chains.redact import looks_like_key, redact, register


@pytest.mark.parametrize(
    ("url", "secrets"),
    [
        ("https://eth.example/v2/k3yOne0a1b2c3d4e5f", ["k3yOne0a1b2c3d4e5f"]),
        ("https://eth.example/rpc?apikey=onlyletters&network=mainnet", ["onlyletters"]),
        ("https://eth.example/rpc?x=k3yTwo0a1b2c3d", ["k3yTwo0a1b2c3d"]),
        ("https://eth.example/?k3yThree0a1b2c3d", ["k3yThree0a1b2c3d"]),
        (
            "https://user:pa%2Fss%20w0rd@eth.example/",
            ["pa/ss w0rd", "pa%2Fss%20w0rd", "pa%2fss%20w0rd", "pa/ss%20w0rd"],
        ),
        ("https://k3yFour0a1b2c3d4e@eth.example/", ["k3yFour0a1b2c3d4e"]),
        ("https://k3yfive0a1b2c3d4e5.eth.example/", ["k3yfive0a1b2c3d4e5"]),
        ("Bearer k3ySix0a1b2c3d4e", ["k3ySix0a1b2c3d4e"]),
    ],
)
def test_a_registered_secret_and_its_parts_are_hidden_in_any_spelling(url: str, secrets: list[str]) -> None:
    register(url)
    for secret in [url, *secrets]:
        for spelling in (secret, quote(secret, safe=""), repr(secret), json.dumps(secret), f"x{secret}y"):
            assert secret not in redact(f"cannot connect to {spelling}: refused")
            assert "refused" in redact(f"cannot connect to {spelling}: refused")


def test_what_is_no_secret_stays_readable() -> None:
    register("https://user:hunter2hunter2@eth-mainnet.example/v2/k3ySeven0a1b2c3d?network=mainnet")
    text = "user asked eth-mainnet.example /v2/ on mainnet for 1000000000000000000 wei of 0x00000000219ab540"
    assert redact(text) == text


@pytest.mark.parametrize(
    ("text", "hidden"),
    [
        ("see http://a.example/v3/9f8e7d6c5b4a3f2e1d0c now", "see http://a.example/v3/*** now"),
        ("see http://bob:sesame@a.example/x", "see http://***@a.example/x"),
        ("'https://a.example/?token=abcd&n=1'", "'https://a.example/?token=***&n=1'"),
        ("http://[broken/ stays", "http://[broken/ stays"),
        ("no address at all", "no address at all"),
    ],
)
def test_urls_lose_their_keys_even_when_nobody_registered_them(text: str, hidden: str) -> None:
    assert redact(text) == hidden
    assert redact(hidden) == hidden


def test_what_looks_like_a_key() -> None:
    assert not any(
        map(looks_like_key, ["", "v2", "v3", "rpc", "mainnet", "eth-mainnet", "jsonrpc", "mainnet-beta", "ext"])
    )
    assert all(map(looks_like_key, ["0a1b2c3d4e", "f" * 32, "3f1c6d0e-9b7a-4c1e-8f55-0a1b2c3d4e5f"]))


@given(st.text(min_size=6, max_size=40), st.text(max_size=20), st.text(max_size=20))
def test_no_text_keeps_a_registered_secret(body: str, before: str, after: str) -> None:
    secret = f"canary{body}"
    register(secret)
    for spelling in (secret, quote(secret), quote(secret, safe=""), unquote(secret), json.dumps(secret)[1:-1]):
        assert spelling not in redact(before + spelling + after)
