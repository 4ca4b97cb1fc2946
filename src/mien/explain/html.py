"""A traced step as one self-contained page: the network drawn, every number, a slider for the learning rate."""

import json
from pathlib import Path
from typing import Any

from mien.explain.example import Example

_PAGE = Path(__file__).with_name("page.html")


def render(example: Example) -> str:
    """The page; it asks for nothing from anywhere, and recomputes all numbers itself when the slider moves."""
    # "<" could end the script element early.
    data = json.dumps(page_data(example), ensure_ascii=False).replace("<", "\\u003c")
    return _PAGE.read_text(encoding="utf-8").replace("/*DATA*/null", data)


def page_data(example: Example) -> dict[str, Any]:
    """What the page computes from: the network before the step, the pattern, the loss, the optimizer."""
    trace = example.trace
    return {
        "x": trace.x.tolist(),
        "y": trace.y.tolist(),
        "layers": [
            {"W": layer.W.tolist(), "b": layer.b.tolist(), "activation": type(layer.activation).__name__}
            for layer in trace.layers
        ],
        "loss": example.loss,
        "optimizer": example.optimizer,
        "rate": trace.rate,
        "notes": [{"said": said, "true": true} for said, true in example.notes],
    }
