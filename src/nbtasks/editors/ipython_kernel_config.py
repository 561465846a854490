"""What every kernel does as it starts: a build's, JupyterLab's, VS Code's and PyCharm's.

bootstrap.py copies this file to the environment, where IPython looks for it.
"""

import os
import sys
from pathlib import Path

# A build runs notebooks in the project folder, editors run them in the folder of the
# notebook: go up to the project, so that relative paths mean the same everywhere.
# Not where a task has asked for another folder (engine/ipython.py).
stay = os.environ.get("KERNELS_STAY_IN", "").split(os.pathsep)
here = Path.cwd().resolve()
for folder in [here, *here.parents]:
    if str(folder) in stay:
        break
    if (folder / "pipeline.yaml").is_file():
        os.chdir(folder)
        # This project's modules, though the environment may be that of another folder.
        if (folder / "src").is_dir():
            sys.path.insert(0, str(folder / "src"))
        break

# Plotly figures as data, which JupyterLab, VS Code and the reports draw: plotly would put five
# megabytes of JavaScript beside it, into every notebook.
os.environ.setdefault("PLOTLY_RENDERER", "plotly_mimetype")
