"""The commands an auditor, an exchange and a customer run; each exit code made to happen."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from indexer.cli.main import run
from scripts.benches.liability_trees import bitmex_lines

SCRIPT = Path(__file__).resolve().parents[2] / "scripts" / "verify_inclusion.py"


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    path = tmp_path / "tree.csv"
    path.write_text("\n".join(bitmex_lines([(at, bytes(32), at + 1) for at in range(4)], height=9)))
    return path


def _root(tree: Path) -> str:
    return tree.read_text().split("\n")[1].split(",")[0]


def test_exit_codes_of_verify(tree: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    command = ["verify-liabilities", str(tree)]
    assert run(command) == 3
    assert run([*command, "--root", _root(tree)]) == 0
    assert run([*command, "--root", "00" * 32]) == 1
    tree.write_text(tree.read_text().replace(",10\n", ",9\n", 1))
    assert run([*command, "--root", _root(tree)]) == 1
    tree.write_text("nothing of the kind")
    assert run(command) == 2
    assert run([*command, "--scheme", "merkle"]) == 2
    assert run(["verify-liabilities"]) == 2
    assert run(["verify-liabilities", str(tmp_path / "absent")]) == 2
    assert "VALID: bitmex-merkle-sum" in capsys.readouterr().out


def test_json_says_what_the_text_says(tree: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["verify-liabilities", str(tree), "--json", "--root", _root(tree)]) == 0
    said = json.loads(capsys.readouterr().out)
    assert (said["valid"], said["anchored"], said["leaves"]) == (True, "equal", 4)
    assert said["not_proven"]


def test_from_a_list_of_users_to_a_customers_check(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    users, secret, out = tmp_path / "users.csv", tmp_path / "secret", tmp_path / "out"
    users.write_text("user,BTC:8,ETH:18\nalice,1.5,2\nbob,0.00000001,0\n")
    secret.write_bytes(b"0123456789abcdef" * 2)
    keyed = ["--secret", str(secret)]
    command = ["commit", str(users), *keyed, "--out", str(out), "--snapshot", "2026-11", "--publish-leaves", "--proofs"]
    assert run([*command, "--json"]) == 0
    root = json.loads(capsys.readouterr().out)["root"]
    assert run(command) == 2  # never over another
    published = ["verify-liabilities", str(out / "commitment.json"), str(out / "leaves.csv"), "--root", root]
    assert run(published) == 0
    capsys.readouterr()
    assert run(["prove", str(out), *keyed, "--user", "alice"]) == 0
    proof = tmp_path / "proof.json"
    proof.write_text(capsys.readouterr().out)
    assert run(["prove", str(out), *keyed, "--user", "mallory"]) == 2
    capsys.readouterr()
    assert run(["verify-inclusion", str(proof), "--root", root]) == 0
    said = capsys.readouterr().out
    assert said.startswith("YES.")
    assert "BTC 1.5\n" in said
    assert len((out / "proofs.jsonl").read_bytes().splitlines()) == 2
    for given, code in ((root, 0), ("00" * 32, 1), ("no root", 2)):
        done = subprocess.run([sys.executable, SCRIPT, proof, given], capture_output=True, text=True, check=False)
        assert done.returncode == code, done
        assert ("BTC 1.50000000" in done.stdout) is (code == 0)
