"""Antelope chains (Vaulta, once EOS) by nodeos: liquid, staked and unbonding coins, in a block that became final."""

from chains.antelope.adapter import build

__all__ = ["build"]
