"""What the engines say when they cannot be had, and how a broken installation is told from a finished one."""

from __future__ import annotations

import os
from pathlib import Path

import orjson
import pytest

from scripts.engines import EngineMissing, chopsticks, npm


def test_an_installation_that_was_killed_is_not_taken_for_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = tmp_path / "node_modules" / "chopsticks.cjs"
    program.parent.mkdir()
    program.touch()
    monkeypatch.setattr(chopsticks, "HOME", tmp_path)
    monkeypatch.setattr(chopsticks, "PROGRAM", program)
    monkeypatch.setattr("shutil.which", lambda name: f"/usr/bin/{name}")
    assert chopsticks.find() is None
    (tmp_path / "node_modules" / ".package-lock.json").touch()
    assert chopsticks.find() == program


def test_an_installation_of_another_lock_is_not_taken_for_this_one(tmp_path: Path) -> None:
    into, manifests = tmp_path / "into", tmp_path / "manifests"
    for folder in (into / "node_modules", manifests):
        folder.mkdir(parents=True)
    for name in ("package.json", "package-lock.json"):
        (manifests / name).write_text("{}")
        assert not npm.locked(into, manifests)
        (into / name).write_text("{}")
    assert not npm.locked(into, manifests), "npm did not come to its end"
    (into / "node_modules" / ".package-lock.json").touch()
    assert npm.locked(into, manifests)
    (manifests / "package-lock.json").write_text('{"version": 2}')
    assert not npm.locked(into, manifests)


def test_the_locks_name_no_registry() -> None:
    for lock in Path(npm.__file__).parent.rglob("package-lock.json"):
        packages = orjson.loads(lock.read_bytes())["packages"]
        assert len(packages) > 1
        for name, package in packages.items():
            assert "resolved" not in package, name
            assert not name or package["integrity"].startswith("sha512-"), name


def test_npm_gives_its_last_word_as_the_reason(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _program(tmp_path / "npm", "echo 'npm error code E404' >&2; exit 1")
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    with pytest.raises(EngineMissing, match="npm could not install chopsticks: npm error code E404"):
        npm.install(tmp_path / "engines", "chopsticks")


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        ("node:internal/modules\\nError: Cannot find module 'pino'\\n\\nNode.js v20.20.2", "Error: Cannot find module"),
        ("out of memory\\n", "out of memory"),
        ("", "it said nothing"),
    ],
)
async def test_chopsticks_that_ends_says_why(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, said: str, reason: str
) -> None:
    _program(tmp_path / "node", f'printf "{said}"')
    monkeypatch.setattr(chopsticks, "install", lambda: tmp_path / "chopsticks.cjs")
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    with pytest.raises(EngineMissing, match=f"ended before it listened: {reason}"):
        async with chopsticks.Chopsticks({}, ss58=0, decimals=10, symbol="DOT"):
            pass


def _program(path: Path, shell: str) -> None:
    path.write_text(f"#!/bin/sh\n{shell}\n")
    path.chmod(0o755)
