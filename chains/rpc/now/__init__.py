"""Indexes that say what addresses hold now, in no block in particular: they check what others read (OnlyNow)."""
