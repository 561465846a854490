"""Reports to look at: those of the example, and those of a pipeline unlike ours."""

from __future__ import annotations

from pathlib import Path

from conftest import Project

SCRIPT = """# %% [markdown]
# # What it costs
# A sum: $a^2 + b^2$

# %% tags=["parameters"]
upstream = None
product = None

# %%
print("Only this is shown")

# %%
product if isinstance(product, str) else list(product.values())

# %%
import warnings

warnings.warn("for its author only")
"""
LONG = """# %% [markdown]
# # A long report
# ## One
# ## Two
# ### Deeper
# ## Three
# ## Four

# %% tags=["parameters"]
upstream = None
product = None
depth = None

# %%
import pandas as pd
import plotly.express as px

table = pd.DataFrame({"x": range(100), "y": range(100)})
table

# %%
px.scatter(table, x="x", y="y", title="A line of <b>dots</b>")
"""
PIPELINE = """
meta: {extract_product: false}
on_render: nbtasks.on_render
tasks:
  - {source: other/single.py, product: products/other/single.html}
  - source: other/named.py
    product: products/other/named.html
    nbconvert_exporter_name: html
  - source: other/several.py
    product: {nb: products/other/several.ipynb, page: products/other/several.html}
    nb_product_key: [nb, page]
    nbconvert_export_kwargs: {exclude_input: true}
  - source: other/long.py
    product: {nb: products/other/long.ipynb, page: products/other/long.html}
    nb_product_key: [nb, page]
    params: {depth: 4}
"""


def made(project: Project, name: str) -> Path:
    """Return a product of the sample run."""
    return project.path / "products" / "development" / "sample=True" / name


def make_others(project: Project) -> Path:
    """Run a pipeline unlike ours; return the folder of its reports."""
    for name in ("single", "named", "several"):
        project.write(f"other/{name}.py", SCRIPT)
    project.write("other/long.py", LONG)
    project.write("pipeline.other.yaml", PIPELINE)
    project.ploomber("build", "--entry-point", "pipeline.other.yaml")
    return project.path / "products" / "other"
