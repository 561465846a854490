"""The parts of executor.py: what runs a build, one process a task, and stops it."""
