"""The parts of checks.py: what is up to date, and whether parameters and tables are right."""
