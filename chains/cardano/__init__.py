"""Cardano by Koios: what addresses hold at its newest block, and what their transactions changed since a height."""

from chains.cardano.adapter import build

__all__ = ["build"]
