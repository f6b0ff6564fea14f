"""The one home of every speed figure: each beside a floor measured in the same run."""
