"""Makes the proof of one segment. Needs numba; deterministic: the same users and seed make the same bytes."""
