"""The template that made the project: taking over a later version, and taking that back.

It uses `project`, `set_up` and `environment`.
"""
