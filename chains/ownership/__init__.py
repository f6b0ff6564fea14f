"""Ownership: published signatures, one scheme a file, against the addresses they are published for. Pure."""
