"""Sui by its GraphQL service: balances and stakes as of any checkpoint the provider still keeps."""

from chains.sui.adapter import build

__all__ = ["build"]
