"""The parts of report.py and index.py: what the pages of a run show."""
