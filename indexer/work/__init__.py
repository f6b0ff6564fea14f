"""The run itself: plan what to ask, ask it, commit what was answered. The only room where I/O meets the records."""
