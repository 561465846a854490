"""The parts of requirements.py, add.py and lock.py: what is imported, declared and locked."""
