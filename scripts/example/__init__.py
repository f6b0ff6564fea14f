"""An example exchange for the demo: what it publishes, the chains it keeps its coins on, and what is wrong with it."""
