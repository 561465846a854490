"""Reports of libraries whose figures need scripts: a pipeline with a task for each."""

from __future__ import annotations

from pathlib import Path

import plain
from plain import Plain

TABLE = "pd.DataFrame({'a': [1, 2, 3], 'b': [3, 1, 2]})"
TASKS = {
    "altair": f"""
import altair as alt
import pandas as pd

alt.Chart({TABLE}).mark_bar().encode(x="a:O", y="b")
""",
    "data": f"""
import altair as alt
import pandas as pd
from IPython.display import display

chart = alt.Chart({TABLE}).mark_bar().encode(x="a:O", y="b")
display({{"application/vnd.vegalite.v6+json": chart.to_dict()}}, raw=True)
""",
    "bokeh": """
from bokeh.io import output_notebook
from bokeh.plotting import figure, show

output_notebook()
plot = figure(width=300, height=200)
plot.line([1, 2, 3], [3, 1, 2])
show(plot)
""",
    "plotly": """
import plotly.graph_objects as go

go.Figure(go.Bar(x=[1, 2], y=[2, 1])).show(renderer="notebook_connected")
""",
    "formulas": r"""
from IPython.display import Math

Math(r"\frac{1}{2}")

# %% [markdown]
# A sum: $a^2 + b^2$, and $$\sum_{i=1}^n x_i$$
#
# \begin{align}x &= 1\\ y &= 2\end{align}
""",
    "bar": """
from tqdm.notebook import tqdm

for number in tqdm(range(3), desc="Folds"):
    pass
""",
    "folium": """
import folium

folium.Map([45, 5])
""",
    "widget": """
import ipywidgets

ipywidgets.IntSlider(value=7)
""",
    "remote": """
from IPython.display import HTML, Image, display

display(Image(url="https://pictures.example/a.png"))
display(HTML('<iframe src="https://frames.example/a"></iframe>'))
HTML("<script type='module'>import x from 'https://modules.example/x'</script>")

# %% [markdown]
# ![A picture](https://texts.example/b.png) and [a link](https://link.example)
""",
    "countries": """
import plotly.graph_objects as go

go.Figure(go.Choropleth(locations=["FRA"], z=[1]))
""",
    "rare": r"""
# %% [markdown]
# $\unheard{x}$
""",
}
#: The tasks whose reports can't hold all that they show, and where the rest comes from.
REMOTE = {
    "folium": "tile.openstreetmap.org",
    "widget": "unpkg.com",
    "remote": "modules.example",
    "countries": "cdn.plot.ly",
    "rare": "cdnjs.cloudflare.com",
}


def build(folder: Path) -> tuple[Plain, str]:
    """Build the pipeline; return it and what the build has printed."""
    project = plain.make(folder)
    items = ""
    for name, code in TASKS.items():
        project.task(code, name)
        product = f"{{nb: products/{name}.ipynb, report: products/{name}.html}}"
        items += (
            f"  - {{source: tasks/{name}.py, product: {product}, nb_product_key: [nb, report]}}\n"
        )
    project.pipeline(items)
    return project, project.build()
