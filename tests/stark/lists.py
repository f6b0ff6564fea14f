"""Lists of users on disk."""

from __future__ import annotations

import random
from pathlib import Path

SECRET = b"a secret of thirty-two bytes, or more"


def write_list(path: Path, *, users: int, decimals: int = 4, seed: int = 1) -> list[tuple[str, int, int]]:
    """Two assets; returns names and base units. Some names are long, some not ASCII."""
    chance = random.Random(seed)
    rows = []
    for number in range(users):
        name = f"user-{number}" + ("-" + "x" * 90 if number % 50 == 7 else "ü" if number % 50 == 8 else "")
        rows.append((name, chance.randrange(1 << 36) if number % 3 else 0, chance.randrange(10**6)))
    lines = [f"user,BTC:{decimals},USDT:2"]
    for name, one, other in rows:
        whole, part = divmod(one, 10**decimals)
        lines.append(f"{name},{whole}.{part:0{decimals}},{other // 100}.{other % 100:02}")
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return rows
