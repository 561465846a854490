"""What every IPython session does as it starts, in a terminal or as a kernel.

bootstrap.py copies this file to the environment, where IPython looks for it.
"""

# A parameters cell gets the real parameters of its task, and %task chooses: nbtasks docs editors
c.InteractiveShellApp.extensions.append("nbtasks")
