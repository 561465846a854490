"""What a project needs: requirements.txt and what is imported, the lock, packages added.

It uses `project`, `set_up`, `notebooks` and `pipeline`.
"""
