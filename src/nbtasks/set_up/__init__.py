"""The steps of bootstrap.py.

They run before anything is installed, and tell a Python that is too old that it is: so they
import nothing but the standard library, and are written for Python 3.7 and newer. It uses `project`
alone, and is read from the wheel.
"""
