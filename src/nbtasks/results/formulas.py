"""Formulas as MathML, which browsers draw by themselves."""

from typing import Any

from nbconvert.filters.markdown_mistune import IPythonRenderer, MarkdownWithMath


class Renderer(IPythonRenderer):
    """Markdown as nbconvert makes it, with its formulas in MathML.

    Attributes
    ----------
    left
        Whether a formula was left as it is, for MathJax: one with a command that is not known.
    """

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

    Parameters
    ----------
    text
        Markdown, or LaTeX as a cell shows it.
    options
        Those of nbconvert's renderer.
    """
    renderer = Renderer(escape=False, **options)
    return MarkdownWithMath(renderer=renderer).render(text), renderer.left
