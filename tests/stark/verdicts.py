"""Run by `test_other_interpreters`: the verdicts on a directory of pickled cases, as JSON; ``--no-numba`` hides numba.

A case is a statement, a segment's bytes and, where a customer is deceived, that customer's file.
"""

from __future__ import annotations

import json
import pickle
import sys
from pathlib import Path


def verdict_of(case: bytes) -> str:
    from indexer.liabilities.stark.errors import ProofError
    from indexer.liabilities.stark.user import check_user
    from indexer.liabilities.stark.verifier import verify_segment

    statement, data, inclusion = pickle.loads(case)
    try:
        totals = verify_segment(statement, 0, data)
        if inclusion is not None:
            check_user(statement, data, inclusion)
    except ProofError as error:
        return f"{type(error).__name__}: {error}"
    return f"accepted: {totals}"


def main(directory: Path, *, numba: bool) -> None:
    if not numba:
        for name in ("numba", "llvmlite"):
            sys.modules[name] = None  # type: ignore[assignment]
    verdicts = {path.name: verdict_of(path.read_bytes()) for path in sorted(directory.glob("*.case"))}
    told = {"verdicts": verdicts, "optimised": not __debug__, "numba": sys.modules.get("numba") is not None}
    print(json.dumps(told))


if __name__ == "__main__":
    main(Path(sys.argv[1]), numba="--no-numba" not in sys.argv)
