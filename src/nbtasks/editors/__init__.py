"""Editors: what JupyterLab and IPython are set to, and sessions that get their parameters here.

It uses `project` alone: every kernel of the environment imports `session`, so no module here
imports what is slow. A pipeline is read in another process, by `engine.described`.
"""
