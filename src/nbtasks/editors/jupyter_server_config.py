"""What JupyterLab does as it starts. bootstrap.py copies this file to the environment."""

import os
import warnings
from pathlib import Path

# Its address is shown all the same, and `jupyter lab --debug` shows everything.
c.Application.log_level = "ERROR"
warnings.filterwarnings("ignore", message="IProgress not found")  # nobody needs it
warnings.filterwarnings("ignore", category=SyntaxWarning)  # of Python 3.14, on ploomber's style

# The contents manager of nbtasks, if JupyterLab is started in a project.
if any((folder / "pipeline.yaml").is_file() for folder in [Path.cwd(), *Path.cwd().parents]):
    from nbtasks.project import installed

    if problem := installed.problem():
        raise SystemExit(problem)
    c.ServerApp.contents_manager_class = "nbtasks.engine.contents.ContentsManager"
    # It adds a cell with the parameters, so that kernels need not fill them in.
    os.environ["NBTASKS_IN_JUPYTERLAB"] = "1"
