"""What a report holds so that it needs no network: scripts of libraries, formulas as MathML."""

import importlib
import json
import pkgutil
import re
from importlib.util import find_spec
from typing import Any

from nbconvert.filters.markdown_mistune import IPythonRenderer, MarkdownWithMath

#: A script that does nothing, in the place of one that the page holds already.
NOTHING = "data:text/javascript,"
BOKEH = re.compile(r"https://cdn\.bokeh\.org/bokeh/\w+/(bokeh(?:-[a-z]+)?)-\d[\w.]*?(?:\.min)?\.js")
PLOTLY = re.compile(r"https://cdn\.plot\.ly/plotly-\d[\d.]*(?:\.min)?(?:\.js)?(?=[\"'])")
#: What draws formulas in the labels of plotly, where there are any.
MATHJAX = re.compile(r"https://cdnjs\.cloudflare\.com/ajax/libs/mathjax/[\w./-]+\.js(?=[\"'])")
VEGA = re.compile(
    r"https://cdn\.jsdelivr\.net/npm/vega(?:-lite|-embed|-lib)?(?:@[\w.-]+)?"
    r"(?:\?noext|/build/[\w-]+(?:\.min)?\.js)?(?=[\"'])"
)
#: Where a script asks for require.js, which knows nothing of what the page holds.
GUARD = 'typeof define === "function" && define.amd'
#: How Altair stores a chart where it is asked to, as data.
CHART = re.compile(r"application/vnd\.vega(lite)?\.v(\d+)(?:\.\d+)*[+.]json")
CHART_PAGE = """<div class="vega"></div>
<script src="https://cdn.jsdelivr.net/npm/vega@{vega}"></script>
<script src="https://cdn.jsdelivr.net/npm/vega-lite@{vega}"></script>
<script src="https://cdn.jsdelivr.net/npm/vega-embed@{embed}"></script>
<script>
vegaEmbed(document.currentScript.parentElement.querySelector(".vega"), {chart});
</script>"""
#: What to type so that a report holds what is loaded from the network otherwise.
ADVICE = {
    VEGA: "add vl-convert-python to requirements.txt, and the report holds the charts of altair"
}


def embed(text: str) -> tuple[str, list[str]]:
    """Return HTML or a script that does without what the page can hold, and the names of that.

    What a frame holds is a page of its own, and is left.
    """
    if "srcdoc=" in text:
        return text, []
    names = list(dict.fromkeys(found[1] for found in BOKEH.finditer(text))) if has("bokeh") else []
    names = [name for name in names if bokeh(name)]
    text = BOKEH.sub(lambda found: NOTHING if found[1] in names else found[0], text)
    for name, pattern, package in [("plotly", PLOTLY, "plotly"), ("vega", VEGA, "vl_convert")]:
        if pattern.search(text) and has(package):
            text, names = pattern.sub(NOTHING, text), [*names, name]
            text = text.replace(GUARD, f"false /* {GUARD} */")
    if "plotly" in names and "$" not in text:
        text = MATHJAX.sub(NOTHING, text)
    return text, names


def has(package: str) -> bool:
    """Tell whether a package is installed."""
    return find_spec(package) is not None


def script(name: str) -> str:
    """Return the script of a library, to be put into a page."""
    text = {"plotly": plotly, "vega": vega}.get(name, lambda: bokeh(name))()
    return re.sub("</(?=script)", r"<\\/", text, flags=re.IGNORECASE)


def plotly() -> str:
    """Return plotly.js."""
    found = pkgutil.get_data("plotly", "package_data/plotly.min.js")
    return found.decode("utf-8") if found else ""


def vega() -> str:
    """Return Vega, Vega-Lite and vega-embed."""
    bundle = importlib.import_module("vl_convert").javascript_bundle()
    return f"(() => {{{bundle}\n}})();"


def bokeh(name: str) -> str:
    """Return a script of BokehJS, "" of one that the package does not have."""
    try:
        found = pkgutil.get_data("bokeh", f"server/static/js/{name}.min.js")
    except OSError:
        return ""
    return found.decode("utf-8") if found else ""


def chart(data: dict[str, Any]) -> str:
    """Return the HTML of a chart that an output holds as data of Vega or Vega-Lite, or ""."""
    for kind, spec in data.items():
        if found := CHART.fullmatch(kind):
            vega, embed = (5, 6) if int(found[2]) < 6 else (6, 7)
            text = json.dumps(spec).replace("</", "<\\/")
            return CHART_PAGE.format(vega=vega, embed=embed, chart=text)
    return ""


class Renderer(IPythonRenderer):
    """Markdown as nbconvert makes it, with its formulas in MathML, which browsers draw."""

    #: Whether a formula was left as it is, for MathJax: one with a command that is not known.
    left = False

    def block_math(self, body: str) -> str:
        """Return a formula that stands alone."""
        return self.drawn(body, "block") or super().block_math(body)

    def latex_environment(self, name: str, body: str) -> str:
        """Return an environment such as align."""
        text = f"\\begin{{{name}}}{body}\\end{{{name}}}"
        return self.drawn(text, "block") or super().latex_environment(name, body)

    def inline_math(self, body: str) -> str:
        """Return a formula within a text."""
        return self.drawn(body, "inline") or super().inline_math(body)

    def drawn(self, body: str, display: str) -> str:
        """Return the MathML of a formula, "" of one that is not understood."""
        try:
            from latex2mathml.converter import convert

            made = convert(body.strip(), display=display)
        except Exception:  # whatever it thinks of what is no LaTeX
            made = "\\"
        if "\\" in made:  # a command that it has not known
            self.left = True
            return ""
        return made


def render(text: str, **options: Any) -> tuple[str, bool]:
    """Return the HTML of some Markdown, and whether MathJax has to draw some of its formulas.

    The text may be LaTeX, as a cell shows it; the options are those of nbconvert's renderer.
    """
    renderer = Renderer(escape=False, **options)
    return MarkdownWithMath(renderer=renderer).render(text), renderer.left
