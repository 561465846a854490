"""What JupyterLab does as it starts. bootstrap.py copies this file to the environment."""

import sys
import warnings
from pathlib import Path

# Its address is shown all the same, and `jupyter lab --debug` shows everything.
c.Application.log_level = "ERROR"  # noqa: F821
warnings.filterwarnings("ignore", message="IProgress not found")  # nobody needs it

# The contents manager of the project that JupyterLab is started in, if it is in one.
for folder in [Path.cwd(), *Path.cwd().parents]:
    if (folder / "tools" / "jupyter" / "contents.py").is_file():
        sys.path.insert(0, str(folder))
        c.ServerApp.contents_manager_class = "tools.jupyter.contents.ContentsManager"  # noqa: F821
        break
