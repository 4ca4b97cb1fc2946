"""A traced step as a LaTeX document for lecturers."""

from mien.explain.example import Example
from mien.explain.steps import steps

_HEAD = r"""\documentclass{article}
\usepackage[utf8]{inputenc}
\usepackage[T1]{fontenc}
\usepackage{amsmath,amssymb}
\usepackage[margin=2.5cm]{geometry}
\begin{document}
\section*{One step of back-propagation}
"""
_SPECIAL = str.maketrans(
    {
        "ŷ": r"$\hat y$",
        "½": r"$\tfrac12$",
        "Σ": r"$\sum$",
        "σ": r"$\sigma$",
        "δ": r"$\delta$",
        "η": r"$\eta$",
        "·": r"$\cdot$",
        "_": r"\_",
        "%": r"\%",
        "&": r"\&",
        "#": r"\#",
        "²": r"$^2$",
    }
)


def render(example: Example) -> str:
    """A whole document; needs amsmath, nothing else."""
    parts = [_HEAD]
    for step in steps(example):
        parts.append(rf"\subsection*{{{step.title.translate(_SPECIAL)}}}")
        parts.append(rf"\[ {step.rule.latex} \]")
        parts.append("\\begin{align*}\n" + " \\\\\n".join(_aligned(line.latex) for line in step.lines) + "\n\\end{align*}")
    if example.notes:
        items = "\n".join(
            rf"\item \emph{{{said.translate(_SPECIAL)}}}: {true.translate(_SPECIAL)}" for said, true in example.notes
        )
        parts.append("\\subsection*{Where the source goes wrong}\n\\begin{itemize}\n" + items + "\n\\end{itemize}")
    return "\n".join([*parts, r"\end{document}", ""])


def _aligned(formula: str) -> str:
    """The formula with ``&`` before its first relation."""
    for relation in (r" \leftarrow ", " = ", " \\to ", ": "):
        if relation in formula:
            return formula.replace(relation, f" &{relation.strip()} ", 1)
    return f"& {formula}"
