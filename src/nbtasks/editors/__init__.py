"""Sessions of editors that know nothing of Ploomber: VS Code, PyCharm, Spyder, IPython.

A session gets the real parameters of a task when its parameters cell runs. These modules are
imported by every kernel of the environment, so they import Python's own modules only; the
pipeline is read in another process.
"""
