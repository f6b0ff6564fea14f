"""assay-stark-v1: a zk-STARK proof of liabilities. docs/stark.md is its specification.

Everything here is pure. Field elements are whole numbers in [0, P), never in Montgomery form, except inside `kernels`.
Only `kernels` and `prover` need numba; verifying needs numpy and blake3 alone.
"""
