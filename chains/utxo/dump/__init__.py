"""What scripts hold, from a file a node wrote with `dumptxoutset`: one pass, whoever and however many they are."""

from chains.utxo.dump.coins import Coins
from chains.utxo.dump.errors import DumpRefused, Fault
from chains.utxo.dump.header import Header, read_header
from chains.utxo.dump.read import Dump, Progress, read_dump
from chains.utxo.dump.rules import Rules

__all__ = ["Coins", "Dump", "DumpRefused", "Fault", "Header", "Progress", "Rules", "read_dump", "read_header"]
