"""The prover's arithmetic, compiled by numba: 16 elements at a time as explicit LLVM vectors.

A *line* is 16 words, 64 bytes. A matrix is C-contiguous uint32 [rows, width], width a multiple of 16. Data is plain;
constants (twiddles, challenges, inverses) are in Montgomery form, so that data times a constant is plain again.
"""
