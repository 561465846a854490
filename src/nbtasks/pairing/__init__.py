"""The parts of sync.py: a script and its notebook, which of them is newer, and what follows."""
