"""What a report needs a network for: as little as can be, and said where it stands."""

import html
import re
from dataclasses import dataclass, field
from typing import Any

import nbformat

from nbtasks.results import embedded, network

#: How plotly stores a figure in a notebook: as data, which JupyterLab and VS Code draw.
FIGURE = "application/vnd.plotly.v1+json"
WIDGET = "application/vnd.jupyter.widget-view+json"
WIDGETS = "application/vnd.jupyter.widget-state+json"
BARS = ("FloatProgressModel", "IntProgressModel")
#: What stands on a page beside the text of a widget, as `ipympl` writes it.
PICTURES = ("text/html", "image/svg+xml", "image/png", "image/jpeg")
#: Where plotly has the outlines of countries and the tiles of maps from.
OUTLINES = "https://cdn.plot.ly/un/"
STREETS = "https://basemaps.cartocdn.com/"
#: Traces of plotly that are called maps and are none.
PLAIN = {"heatmap", "treemap"}
#: A part of a page that scripts of nbconvert draw; some do without require.js.
REQUIRE = re.compile(
    r"\A(?!.*(?:\bdefine\.amd\b|root\.Jupyter\b)).*\brequire(?:js)?\b[.(]", re.DOTALL
)
MERMAID = re.compile(r"(?m)^ {0,3}(?:```|~~~)+ *mermaid")


@dataclass
class Needs:
    """What a page can't do without."""

    #: Names of the libraries that it holds
    scripts: list[str] = field(default_factory=list)
    #: What it loads from the network
    addresses: list[str] = field(default_factory=list)
    #: Which scripts of nbconvert it loads: math, require, mermaid, widgets
    tools: set[str] = field(default_factory=set)

    def advice(self) -> list[str]:
        """Return what to do about it, as far as that is known."""
        known = embedded.ADVICE.items()
        texts = " ".join(f'"{address}"' for address in self.addresses)
        return [advice for pattern, advice in known if pattern.search(texts)]


def prepare(nb: Any, priority: list[str], urls: dict[str, str]) -> Needs:
    """Let an executed notebook load as little as can be, and note in its metadata what it does.

    `priority` has the kinds of output, as the page prefers them; `urls`, where the scripts of
    nbconvert come from.
    """
    needs = Needs()
    states = nb.metadata.get("widgets", {}).get(WIDGETS, {}).get("state", {})
    for cell in nb.cells:
        if cell.cell_type == "markdown":
            tools, found = of_markdown(cell)
            note(cell.metadata, needs, tools, found, urls)
        if "outputs" in cell:
            cell.outputs = [simplify(output, states) for output in cell.outputs]
        for output in cell.get("outputs", []):
            if "data" in output:
                needs.scripts += hold(output.data)
                kind = next((kind for kind in priority if kind in output.data), "")
                tools, found = of_output(output.data, kind)
                note(output.metadata, needs, tools, found, urls)
    if "widgets" not in needs.tools:
        nb.metadata.pop("widgets", None)
    return needs


def note(
    metadata: Any, needs: Needs, tools: set[str], found: network.Loaded, urls: dict[str, str]
) -> None:
    """Note what a part of the page needs, for the part and for the page."""
    addresses = [*(urls[tool] for tool in sorted(tools)), *found.code, *found.others]
    if addresses:
        drawn = bool(found.code) or bool(tools - {"math"})
        metadata["network"] = {"hosts": network.hosts(addresses), "blank": drawn}
    needs.tools |= tools
    needs.addresses += addresses


def of_markdown(cell: Any) -> tuple[set[str], network.Loaded]:
    """Return the tools that a text needs, and what it loads."""
    rendered, left = embedded.render(cell.source, attachments=cell.get("attachments", {}))
    found = network.Loaded(rendered)
    tools = {"math"} if left or network.FORMULA.search(found.text) else set()
    return tools | ({"mermaid"} if MERMAID.search(cell.source) else set()), found


def of_output(data: Any, kind: str) -> tuple[set[str], network.Loaded]:
    """Return the tools that an output needs, and what it loads."""
    found = network.Loaded()
    text = str(data.get(kind, ""))
    tools = {"text/vnd.mermaid": {"mermaid"}, WIDGET: {"widgets"}}.get(kind, set())
    if kind == FIGURE:
        found.others += maps(data[kind])
    elif kind == "application/javascript":
        found.script(text)
    elif kind in {"text/html", "image/svg+xml"}:
        found = network.Loaded(text)
    elif kind in {"text/latex", "text/markdown"}:
        rendered, left = embedded.render(text)
        found = network.Loaded(rendered)
        tools = {"math"} if left else tools
    if network.FORMULA.search(found.text):
        tools = tools | {"math"}
    if kind in {"text/html", "application/javascript"} and REQUIRE.search(text):
        tools = tools | {"require"}
    return tools, found


def maps(figure: Any) -> list[str]:
    """Return where a figure of plotly has its maps from."""
    kinds = {trace.get("type", "") for trace in figure.get("data", [])}
    layout = figure.get("layout", {})
    outlines = kinds & {"choropleth", "scattergeo"}
    tiles = [kind for kind in kinds if re.search(r"map(?:box)?$", kind) and kind not in PLAIN]
    images = [image.get("source", "") for image in layout.get("images", [])]
    remote = [source for source in images if network.REMOTE.match(source)]
    return [OUTLINES] * bool(outlines) + [STREETS] * bool(tiles) + remote


def hold(data: Any) -> list[str]:
    """Have an output do without the libraries that the page can hold; return their names."""
    if chart := embedded.chart(data):
        data["text/html"] = chart
    names = []
    for kind in set(data) & {"text/html", "application/javascript"}:
        data[kind], found = embedded.embed(str(data[kind]))
        names += found
    return names


def simplify(output: Any, states: dict[str, Any]) -> Any:
    """Return an output without the widget, where the page can show it by other means.

    A bar of progress becomes a line beside the code, as what was printed on stderr.
    """
    data = output.get("data", {})
    if WIDGET not in data:
        return output
    texts, bars = words(data[WIDGET].get("model_id", ""), states)
    if bars:
        line = " ".join(filter(None, texts)) or str(data.get("text/plain", ""))
        return nbformat.v4.new_output("stream", name="stderr", text=f"{line}\n")
    if data[WIDGET].get("model_id") not in states or any(kind in data for kind in PICTURES):
        del data[WIDGET]
    return output


def words(name: str, states: dict[str, Any]) -> tuple[list[str], bool]:
    """Return the texts of a widget and those within it, and whether there is a bar of progress."""
    model = states.get(name, {})
    state = model.get("state", {})
    kind = model.get("model_name", "")
    value = state.get("value", "")
    plain = html.unescape(re.sub(r"<[^>]*>", "", value)) if isinstance(value, str) else ""
    texts = [" ".join(plain.split())]
    found = [
        words(str(child).removeprefix("IPY_MODEL_"), states) for child in state.get("children", [])
    ]
    return (
        texts + [text for texts, _ in found for text in texts],
        kind in BARS or any(bar for _, bar in found),
    )
