"""The commands as an exchange, an auditor and a customer type them, with the product's own parameters."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path

import pytest

from indexer.cli.main import run

USERS = "user,BTC:8,USDT:6\nalice,1.5,2\nbob,0.00000001,0\n" + "".join(f"user-{n},{n}.25,{n}\n" for n in range(60))
SNAPSHOT = "2026-11-30T00:00:00Z"


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Path:
    here = tmp_path_factory.mktemp("cli")
    (here / "users.csv").write_text(USERS)
    (here / "secret").write_bytes(b"0123456789abcdef" * 2)
    assert run([*_prove(here), "--inclusion"]) == 0
    return here


def _prove(here: Path, *, secret: str = "secret", out: str = "out") -> list[str]:
    given = ["--secret", str(here / secret), "--out", str(here / out), "--snapshot", SNAPSHOT]
    return ["prove-liabilities", str(here / "users.csv"), *given, "--processes", "1"]


def _root(here: Path) -> str:
    return str(json.loads((here / "out" / "public" / "manifest.json").read_text())["root"])


def test_an_exchange_proves(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run([*_prove(here), "--json"]) == 0  # again: nothing is made anew
    made = json.loads(capsys.readouterr().out)
    assert made["totals"] == [str(150_000_001 + sum(n * 10**8 + 25_000_000 for n in range(60))), str(1772 * 10**6)]
    assert run(_prove(here)) == 0
    said = capsys.readouterr().out
    assert made["root"] in said
    assert "BTC" in said
    assert "1786.50000001" in said
    assert "Keep" in said
    assert len((here / "out" / "inclusion" / "segment-00000.jsonl").read_text().splitlines()) == 62


def test_an_auditor_verifies(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    public, root = str(here / "out" / "public"), _root(here)
    assert run(["verify-proof", public]) == 3
    assert run(["verify-proof", public, "--root", root]) == 0
    said = capsys.readouterr().out
    assert "VALID: assay-stark-v1" in said
    assert "108.1 bits a segment" in said
    assert "has had no external cryptographic review" in said
    assert run(["verify-proof", public, "--root", "00" * 32]) == 1
    capsys.readouterr()
    assert run(["verify-proof", public, "--root", root, "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["security"] == {"segment_bits": 108.1, "proof_bits": 108.1, "hash_bits": 128}
    assert told["segments"] == 1
    assert run(["verify-liabilities", public, "--root", root]) == 0
    assert run(["verify-proof", str(here / "absent")]) == 2
    assert run(["verify-proof", str(here / "out" / "private")]) == 2


def test_a_customer_checks(here: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    keyed = ["--secret", str(here / "secret")]
    capsys.readouterr()
    assert run(["prove", str(here / "out"), *keyed, "--user", "alice"]) == 0
    mine = tmp_path / "mine.json"
    mine.write_text(capsys.readouterr().out)
    check = ["verify-inclusion", str(mine), "--proof", str(here / "out" / "public")]
    assert run([*check, "--root", _root(here)]) == 0
    said = capsys.readouterr().out
    assert said.startswith("YES.")
    assert "BTC 1.5\n" in said
    assert "USDT 2\n" in said
    assert run(check) == 3
    assert run([*check, "--root", "00" * 32]) == 1
    mine.write_text(mine.read_text().replace('"150000000"', '"150000001"'))
    capsys.readouterr()
    assert run([*check, "--root", _root(here)]) == 1
    assert capsys.readouterr().out.startswith("NO.")
    assert run(["prove", str(here / "out"), *keyed, "--user", "mallory"]) == 2
    assert run(["verify-inclusion", str(mine), "--proof", str(tmp_path / "absent")]) == 2


def test_a_changed_proof_is_invalid(here: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    public = tmp_path / "public"
    public.mkdir()
    for path in (here / "out" / "public").iterdir():
        (public / path.name).write_bytes(path.read_bytes())
    (segment,) = public.glob("*.bin")
    data = bytearray(segment.read_bytes())
    data[5_000] ^= 1
    segment.write_bytes(data)
    assert run(["verify-proof", str(public), "--root", _root(here)]) == 1
    assert "INVALID" in capsys.readouterr().out
    segment.unlink()
    assert run(["verify-proof", str(public), "--root", _root(here)]) == 1
    assert "segment 0: missing" in capsys.readouterr().out


def test_what_is_refused_says_why(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (here / "other").write_bytes(b"another secret of thirty-two bytes")
    (here / "short").write_bytes(b"short")
    for secret, reason in (("other", "another secret"), ("short", "a secret is 32"), ("absent", "absent")):
        assert run(_prove(here, secret=secret)) == 2
        assert reason in capsys.readouterr().err


def test_without_numba_one_can_verify_but_not_prove(
    here: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    true = importlib.util.find_spec
    monkeypatch.setattr("indexer.cli.errors.find_spec", lambda name: None if name == "numba" else true(name))
    assert run(_prove(here)) == 2
    assert "install assay[stark]" in capsys.readouterr().err
    assert run(["prove", str(here / "out"), "--secret", str(here / "secret"), "--user", "alice"]) == 2
    assert run(["verify-proof", str(here / "out" / "public"), "--root", _root(here)]) == 0
