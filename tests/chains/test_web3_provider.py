"""What importing web3 must not do to the rest of the process."""

from __future__ import annotations

import subprocess
import sys

_SCRIPT = """
import json, sys
before = sys.getrecursionlimit()
import chains.evm.web3_provider
assert "py_ecc" in sys.modules, "nothing raises the limit any more: this test can go"
assert sys.getrecursionlimit() == before
try:
    json.loads("[" * 100_000)
except RecursionError:
    print("refused")
"""


def test_nested_json_cannot_kill_a_process_that_has_read_an_evm_chain() -> None:
    done = subprocess.run([sys.executable, "-c", _SCRIPT], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout.strip()) == (0, "refused"), done.stderr
