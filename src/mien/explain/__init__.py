"""Traces of the engine in words, formulas and pictures: terminal, HTML, LaTeX, plots."""
