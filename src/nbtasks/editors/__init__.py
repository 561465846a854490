"""What set-up puts into an environment for JupyterLab and IPython.

It uses `project`; each file says where it goes in `set_up.environment`.
"""
