"""Blocks as the network sends them: the real ones of python-bitcoinlib's format, every coin's variant, and damage."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import pytest
from bitcoin.core import (  # type: ignore[import-untyped]
    CBlock,
    CMutableTransaction,
    CMutableTxIn,
    CMutableTxOut,
    COutPoint,
    CTransaction,
    CTxInWitness,
    CTxWitness,
)
from bitcoin.core.script import CScript, CScriptWitness  # type: ignore[import-untyped]
from hypothesis import given, settings
from hypothesis import strategies as st

from chains.errors import Malformed
from chains.utxo.raw import HEADER, NULL, PLAIN, Form, RawBlock, dsha256, header_size, merkle_root, name, parse

GENESIS = bytes.fromhex(  # Bitcoin's own, as every client carries it
    "0100000000000000000000000000000000000000000000000000000000000000000000003ba3edfd7a7b12b27ac72c3e67768f617fc81bc3"
    "888a51323a9fb8aa4b1e5e4a29ab5f49ffff001d1dac2b7c01010000000100000000000000000000000000000000000000000000000000000000"
    "00000000ffffffff4d04ffff001d0104455468652054696d65732030332f4a616e2f32303039204368616e63656c6c6f72206f6e206272696e"
    "6b206f66207365636f6e64206261696c6f757420666f722062616e6b73ffffffff0100f2052a01000000434104678afdb0fe5548271967f1a6"
    "7130b7105cd6a828e03909a67962e0ea1f61deb649f6bc3f4cef38c4f35504e51ec112de5c384df7ba0b8d578a4c702b6bf11d5fac00000000"
)
TXID = "4a5e1e4baab89f3a32518a88c31bc87f618f76673e2cc77ab2127b7afdeda33b"

Inputs = Sequence[tuple[bytes, int, bytes, Sequence[bytes]]]
INPUT = st.tuples(
    st.binary(min_size=32, max_size=32), st.integers(0, 2**32 - 2), st.binary(max_size=300),
    st.lists(st.binary(max_size=300), max_size=3),
)  # fmt: skip
OUTPUT = st.tuples(st.integers(0, 21_000_000 * 10**8), st.binary(max_size=300))
TX = st.tuples(st.lists(INPUT, min_size=1, max_size=4), st.lists(OUTPUT, min_size=1, max_size=4))


def transaction(inputs: Inputs, outputs: Sequence[tuple[int, bytes]]) -> CMutableTransaction:
    tx = CMutableTransaction(
        [CMutableTxIn(COutPoint(txid, number), CScript(script)) for txid, number, script, _ in inputs],
        [CMutableTxOut(amount, CScript(script)) for amount, script in outputs],
    )
    tx.wit = CTxWitness([CTxInWitness(CScriptWitness(items)) for *_, items in inputs])
    return tx


def block(bodies: Sequence[bytes], txids: Sequence[bytes], *, version: int = 1, between: bytes = b"") -> bytes:
    root = merkle_root(txids)
    header = version.to_bytes(4, "little") + bytes(range(32)) + root + bytes(12)
    return header + between + len(bodies).to_bytes(1, "little") + b"".join(bodies)


COINBASE = GENESIS[HEADER + 1 :]


def test_the_first_block() -> None:
    (tx,) = parse(GENESIS).transactions
    assert tx.txid[::-1].hex() == TXID
    assert tx.spends == []
    assert [(amount, script.hex()[:8]) for amount, script in tx.outputs] == [(50 * 10**8, "4104678a")]
    assert parse(GENESIS).previous == "00" * 32


@given(st.lists(TX, min_size=1, max_size=6))
def test_the_reference_reads_the_same(made: Sequence[tuple[Inputs, Sequence[tuple[int, bytes]]]]) -> None:
    txs = [transaction(*each) for each in made]
    if len({tx.GetTxid() for tx in txs}) < len(txs):
        return
    raw = block([tx.serialize() for tx in txs], [tx.GetTxid() for tx in txs])
    found, reference = parse(raw), CBlock.deserialize(raw)
    assert found.previous == bytes(range(32))[::-1].hex()
    assert [tx.txid for tx in found.transactions] == [tx.GetTxid() for tx in reference.vtx]
    for ours, theirs in zip(found.transactions, reference.vtx, strict=True):
        assert ours.outputs == [(out.nValue, bytes(out.scriptPubKey)) for out in theirs.vout]
        assert ours.spends == [spent.prevout.hash + spent.prevout.n.to_bytes(4, "little") for spent in theirs.vin]


@pytest.mark.parametrize("cut", range(1, len(GENESIS)))
def test_no_part_of_a_block_is_a_block(cut: int) -> None:
    with pytest.raises(Malformed):
        parse(GENESIS[:cut])


@pytest.mark.parametrize("at", range(HEADER, len(GENESIS)))
def test_no_byte_of_a_transaction_can_change(at: int) -> None:
    changed = bytearray(GENESIS)
    changed[at] ^= 0x40
    with pytest.raises(Malformed):
        parse(bytes(changed))


@given(st.binary(max_size=400))
@settings(max_examples=500)
def test_garbage_is_refused(raw: bytes) -> None:
    for form in (PLAIN, Form(auxpow=True, tokens=True), Form(payloads=True)):
        with pytest.raises(Malformed):
            parse(raw, form)


def test_what_a_header_does_not_commit_to_is_refused() -> None:
    other = transaction([(b"\x01" * 32, 0, b"", ())], [(1, b"\x51")]).serialize()
    for transactions in (b"\x01" + other, b"\x02" + COINBASE + other):
        with pytest.raises(Malformed, match="not those its header commits to"):
            parse(GENESIS[:HEADER] + transactions)


def test_a_repeated_tail_with_the_same_root_is_refused() -> None:
    """CVE-2012-2459: three transactions, or four of which the last is the third again, have one root."""
    txs = [transaction([(bytes([n]) * 32, 0, b"", ())], [(n, b"\x51")]) for n in range(3)]
    bodies, ids = [tx.serialize() for tx in txs], [tx.GetTxid() for tx in txs]
    honest = block(bodies, ids)
    assert len(parse(honest).transactions) == 3
    with pytest.raises(Malformed, match="repeats"):
        parse(honest[:HEADER] + b"\x04" + b"".join([*bodies, bodies[2]]))


def test_an_auxiliary_proof_of_work_is_passed_over() -> None:
    parent = transaction([(b"\x09" * 32, 7, b"merged", ())], [(5, b"\x51")]).serialize()
    branch = b"\x02" + bytes(64) + bytes(4)
    work = parent + bytes(32) + branch + b"\x00" + bytes(4) + bytes(HEADER)
    txid = dsha256(COINBASE)
    merged = block([COINBASE], [txid], version=0x620104, between=work)
    assert [tx.txid for tx in parse(merged, Form(auxpow=True)).transactions] == [txid]
    with pytest.raises(Malformed):
        parse(merged)
    assert parse(block([COINBASE], [txid], version=0x620004), Form(auxpow=True)).transactions


def test_a_longer_header_is_passed_over() -> None:
    longer = block([COINBASE], [dsha256(COINBASE)], between=b"\xaa" * 57)
    assert len(parse(longer, header=HEADER + 57).transactions) == 1
    with pytest.raises(Malformed):
        parse(longer)


QTUM_GENESIS = bytes.fromhex(  # its header, as every client of Qtum makes it: with roots, no stake and no signature
    "01000000" + "00" * 32 + "6db905142382324db417761891f2d2f355ea92f27ab0fc35e59e90b50e0534ed"
    "f5d2af59ffff001ff9787a00e965ffd002cd6ad0e2dc402b8044de833e06b23127ea8c3d80aec91410771495"
    "56e81f171bcc55a6ff8345e692c0f86e5b48e01b996cadc001622fb5e363b421" + "00" * 32 + "ffffffff00"
)
QTUM = Form(stakes=True, header_tail=180)
GOLD, GOLD_SINCE = Form(header_tail=140), 491_407


def gold(plain: bytes, height: int, solution: bytes, nonce: bytes = b"") -> bytes:
    """A block of Bitcoin's in the form in which Bitcoin Gold sends all of its."""
    header, rest = plain[:HEADER], plain[HEADER:]
    nonce = (nonce or header[76:]).ljust(32, b"\0")
    size = bytes([len(solution)]) if len(solution) < 253 else b"\xfd" + len(solution).to_bytes(2, "little")
    return header[:68] + height.to_bytes(4, "little") + bytes(28) + header[68:76] + nonce + size + solution + rest


def test_the_name_of_qtums_first_block() -> None:
    assert header_size(QTUM_GENESIS + b"\x01...", QTUM) == len(QTUM_GENESIS) == 181
    assert name(QTUM_GENESIS) == "000075aef83cf2853580f8ae8ce6f8c3096cfa21d98334d6e3f95e5582ed986c"


def test_a_header_goes_on_with_what_was_signed_or_solved() -> None:
    signed = QTUM_GENESIS[:36] + dsha256(COINBASE) + QTUM_GENESIS[68:180] + b"\x41" + bytes(range(65))
    raw = signed + b"\x01" + COINBASE
    assert header_size(raw, QTUM) == len(signed)
    assert len(parse(raw, QTUM, header=len(signed)).transactions) == 1
    for cut in range(len(signed) + 1):
        with pytest.raises(Malformed):
            parse(raw[:cut], QTUM, header=header_size(raw[:cut], QTUM))


@pytest.mark.parametrize("solution", [b"", bytes(100), bytes(1344)])
def test_a_block_of_bitcoin_gold_after_and_before_it_split(solution: bytes) -> None:
    own = gold(GENESIS, GOLD_SINCE, solution, nonce=bytes(range(32)))
    size = header_size(own, GOLD)
    assert len(parse(own, GOLD, header=size).transactions) == 1
    assert name(own[:size], tailed_since=GOLD_SINCE) == dsha256(own[:size])[::-1].hex()
    before = gold(GENESIS, GOLD_SINCE - 1, solution)
    assert name(before[: header_size(before, GOLD)], tailed_since=GOLD_SINCE) == name(GENESIS[:HEADER])
    assert name(GENESIS[:HEADER]) == "000000000019d6689c085ae165831e934ff763ae46a2a6c172b3f1b60a8ce26f"


def test_a_transaction_whose_first_output_is_empty_stakes_where_coins_are_staked() -> None:
    stake = transaction([(b"\x07" * 32, 1, b"", ())], [(0, b""), (9, b"\x51")])
    other = transaction([(b"\x08" * 32, 1, b"", ())], [(0, b"\x6a"), (9, b"\x51")])
    alone = transaction([(b"\x09" * 32, 1, b"", ())], [(0, b"")])
    made = [stake, other, alone]
    raw = block([COINBASE, *(tx.serialize() for tx in made)], [dsha256(COINBASE), *(tx.GetTxid() for tx in made)])
    assert [tx.generated for tx in parse(raw, Form(stakes=True)).transactions] == [True, True, False, False]
    assert [tx.generated for tx in parse(raw).transactions] == [True, False, False, False]


def test_litecoins_hidden_part_is_passed_over() -> None:
    plain = transaction([(b"\x07" * 32, 1, b"", ())], [(9, b"\x58\x20" + bytes(32))])
    body = plain.serialize()
    hidden = body[:4] + b"\x00\x08" + body[4:-4] + b"\x00" + body[-4:]
    raw = block([COINBASE, hidden], [dsha256(COINBASE), plain.GetTxid()]) + b"\x01 the extension block"
    assert parse(raw).transactions[1].outputs == [(9, b"\x58\x20" + bytes(32))]
    inside = body[:4] + b"\x00\x08" + body[4:-4] + b"\x01" + body[-4:]
    with pytest.raises(Malformed, match="hidden parts"):
        parse(block([COINBASE, inside], [dsha256(COINBASE), plain.GetTxid()]))


def test_dashs_typed_transactions_carry_more_at_their_end() -> None:
    """A coinbase of type 5, and a quorum's commitment of type 6, which neither spends nor pays anything."""
    typed = b"\x03\x00\x05\x00" + COINBASE[4:] + b"\x03abc"
    commitment = b"\x03\x00\x06\x00" + b"\x00\x00" + bytes(4) + b"\xfd\x00\x01" + bytes(256)
    plain = transaction([(b"\x07" * 32, 1, b"", ())], [(9, b"\x51")]).serialize()
    early = b"\x01\x00\x09\x00" + plain[4:]  # before there were types, these bytes were free
    bodies = [typed, commitment, plain, early]
    raw = block(bodies, [dsha256(body) for body in bodies])
    found = parse(raw, Form(payloads=True)).transactions
    assert [(len(tx.spends), len(tx.outputs)) for tx in found] == [(0, 1), (0, 0), (1, 1), (1, 1)]
    assert [tx.txid for tx in found] == [dsha256(body) for body in bodies]
    with pytest.raises(Malformed):
        parse(raw)


CATEGORY = bytes(range(32))


@pytest.mark.parametrize(
    "prefix",
    [
        b"\xef" + CATEGORY + b"\x10\x05",  # five fungible tokens
        b"\xef" + CATEGORY + b"\x20",  # one that cannot be divided
        b"\xef" + CATEGORY + b"\x72\x03abc\xfd\x00\x01",  # a minting one with a commitment, and 256 of the kind
    ],
)
def test_cash_tokens_before_a_script_are_no_part_of_it(prefix: bytes) -> None:
    script = b"\x76\xa9\x14" + bytes(20) + b"\x88\xac"
    tx = transaction([(b"\x03" * 32, 0, b"", ())], [(1000, prefix + script)])
    raw = block([tx.serialize()], [tx.GetTxid()])
    assert parse(raw, Form(tokens=True)).transactions[0].outputs == [(1000, script)]
    assert parse(raw).transactions[0].outputs == [(1000, prefix + script)]


@given(st.lists(st.binary(min_size=32, max_size=32), min_size=1, max_size=9, unique=True))
def test_the_reference_has_the_same_merkle_root(hashes: Sequence[bytes]) -> None:
    assert merkle_root(hashes) == CBlock.build_merkle_tree_from_txids(list(hashes))[-1]


def test_a_coinbase_spends_nothing_and_others_their_inputs() -> None:
    tx = CTransaction.deserialize(COINBASE)
    assert (tx.vin[0].prevout.hash + tx.vin[0].prevout.n.to_bytes(4, "little")) == NULL
    assert isinstance(parse(GENESIS), RawBlock)
    assert hashlib.sha256(hashlib.sha256(COINBASE).digest()).digest()[::-1].hex() == TXID
