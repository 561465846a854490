"""What was made: tables against their schemas, products against the notes that tasks left.

It uses `project`, `notebooks` and `pipeline`, and gets tasks as plain data.
"""
