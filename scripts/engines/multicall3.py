"""The real Multicall3, for local nodes: its creation code as the viem package carries it, brought by npm."""

from __future__ import annotations

import re
import shutil
import subprocess
import tarfile

from chains.evm import multicall
from scripts.engines import EngineMissing
from scripts.engines.anvil import Anvil
from scripts.engines.npm import HOME

PACKAGE = "viem@2.38.0"
_ARCHIVE = HOME / "viem-2.38.0.tgz"
_MEMBER = "package/_esm/constants/contracts.js"
_CODE = re.compile(r"multicall3Bytecode = '(0x[0-9a-f]+)'")


def creation_code() -> str:
    """Raises EngineMissing where npm cannot bring it."""
    if not _ARCHIVE.exists():
        npm = shutil.which("npm")
        if npm is None:
            raise EngineMissing("Multicall3 is not here yet and there is no npm to bring it")
        HOME.mkdir(parents=True, exist_ok=True)
        command = [npm, "pack", "--pack-destination", str(HOME), "--loglevel=error", PACKAGE]
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120, cwd=HOME)
        if done.returncode:
            raise EngineMissing(f"npm could not bring {PACKAGE}: {done.stderr.strip()[-200:]}")
    with tarfile.open(_ARCHIVE) as archive:
        member = archive.extractfile(_MEMBER)
        assert member is not None
        found = _CODE.search(member.read().decode())
    assert found, f"{PACKAGE} has its code under another name"
    return found[1]


async def place(node: Anvil, address: str = multicall.ADDRESS) -> None:
    """As if it had been deployed there, from the newest block on."""
    code = await node.rpc.call("eth_call", ({"data": creation_code()}, "latest"))
    assert isinstance(code, str)
    await node.set_code(address, code)
