"""A traced step as a sequence of formulas with their numbers put in: the terminal and LaTeX versions print these."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from mien.explain.example import Example
from mien.nn import BipolarSigmoid, Floats, Layer, LayerTrace, ReLU, Sigmoid, Softmax, Tanh


@dataclass(frozen=True, slots=True)
class Line:
    """One computation: the quantity, the numbers that make it, and its value; plain and as LaTeX."""

    plain: str
    latex: str


@dataclass(frozen=True, slots=True)
class Step:
    """A group of computations under the rule that they all follow."""

    title: str
    rule: Line
    lines: tuple[Line, ...]


# g(z) and, where outputs are independent, g'(z), in terms of a.
_RULES: Final[dict[type[Layer], tuple[Line, Line]]] = {
    Sigmoid: (
        Line("a = 1 / (1 + e^-z)", r"a = \frac{1}{1 + e^{-z}}"),
        Line("g'(z) = a (1 - a)", r"g'(z) = a (1 - a)"),
    ),
    BipolarSigmoid: (
        Line("a = 2 / (1 + e^-z) - 1", r"a = \frac{2}{1 + e^{-z}} - 1"),
        Line("g'(z) = (1 - a²) / 2", r"g'(z) = \frac{1 - a^2}{2}"),
    ),
    Tanh: (Line("a = tanh z", r"a = \tanh z"), Line("g'(z) = 1 - a²", r"g'(z) = 1 - a^2")),
    ReLU: (Line("a = max(0, z)", r"a = \max(0, z)"), Line("g'(z) = 1 if z > 0 else 0", r"g'(z) = [z > 0]")),
    Softmax: (
        Line("a_j = e^z_j / Σ_k e^z_k", r"a_j = \frac{e^{z_j}}{\sum_k e^{z_k}}"),
        Line("δ = a - y, soft-max and loss together", r"\delta_j = a_j - y_j"),
    ),
}

_LOSSES: Final[dict[str, Line]] = {
    "squared-error": Line("J = ½ Σ_j (y_j - a_j)²", r"J = \tfrac12 \sum_j (y_j - a_j)^2"),
    "binary-cross-entropy": Line(
        "J = -Σ_j (y_j ln a_j + (1 - y_j) ln(1 - a_j))", r"J = -\sum_j \bigl(y_j \ln a_j + (1 - y_j) \ln(1 - a_j)\bigr)"
    ),
    "cross-entropy": Line("J = -Σ_j y_j ln a_j", r"J = -\sum_j y_j \ln a_j"),
}

_UPDATES: Final[dict[str, Line]] = {
    "sgd": Line("w ← w - η g", r"w \leftarrow w - \eta\, g"),
    "momentum": Line(
        "v ← μ v + g,  w ← w - η v  (μ = 0.9, v begins at 0)", r"v \leftarrow \mu v + g,\quad w \leftarrow w - \eta v"
    ),
    "nesterov": Line(
        "v ← μ v + g,  w ← w - η (g + μ v)  (μ = 0.9)", r"v \leftarrow \mu v + g,\quad w \leftarrow w - \eta (g + \mu v)"
    ),
    "rmsprop": Line(
        "s ← b s + (1 - b) g²,  w ← w - η g / (√s + ε)  (b = 0.99)",
        r"s \leftarrow b s + (1 - b) g^2,\quad w \leftarrow w - \frac{\eta g}{\sqrt{s} + \varepsilon}",
    ),
    "adam": Line(
        "m ← β₁ m + (1 - β₁) g,  s ← β₂ s + (1 - β₂) g²,  w ← w - η m' / (√s' + ε),  m' = m / (1 - β₁ᵗ),  s' = s / (1 - β₂ᵗ)",
        r"w \leftarrow w - \eta \frac{\hat m}{\sqrt{\hat s} + \varepsilon},\quad \hat m = \frac{m}{1 - \beta_1^t},\ "
        r"\hat s = \frac{s}{1 - \beta_2^t}",
    ),
}


def number(value: float) -> str:
    """Four decimals, or a power of ten where those would show next to nothing."""
    return f"{value:.4f}" if value == 0 or abs(value) >= 5e-3 else f"{value:.2e}"


def factor(value: float) -> str:
    """A number as part of a product or sum."""
    return f"({number(value)})" if value < 0 else number(value)


def steps(example: Example) -> list[Step]:
    """Forward layer by layer, the loss, backward layer by layer, the update, the loss again."""
    layers = example.trace.layers
    walk = [_forward(layer, number_) for number_, layer in enumerate(layers, 1)]
    walk.append(_loss(example))
    for at in range(len(layers) - 1, -1, -1):
        walk += [_delta(example, at), _gradients(layers[at], at + 1)]
    return [*walk, _update(example), _again(example)]


def _forward(layer: LayerTrace, at: int) -> Step:
    lines = []
    for j, (z, a) in enumerate(zip(layer.z, layer.a, strict=True), 1):
        products = [(factor(x), factor(w)) for x, w in zip(layer.x, layer.W[:, j - 1], strict=True)]
        bias = factor(layer.b[j - 1])
        lines.append(_line(f"z{j}", f"z_{j}^{{({at})}}", [" · ".join(p) for p in products] + [bias], z))
        lines.append(Line(f"a{j} = g({number(z)}) = {number(a)}", f"a_{j}^{{({at})}} = g({number(z)}) = {number(a)}"))
    rule = _RULES[type(layer.activation)][0]
    title = f"Forward, layer {at} ({type(layer.activation).__name__})"
    return Step(title, Line(f"z = x W + b,  {rule.plain}", rf"z = x W + b,\quad {rule.latex}"), tuple(lines))


def _loss(example: Example) -> Step:
    outputs, targets = example.trace.layers[-1].a, example.trace.y
    lines = [
        Line(f"a{j} = {number(a)}, y{j} = {number(y)}", f"a_{j} = {number(a)},\\; y_{j} = {number(y)}")
        for j, a, y in _count(outputs, targets)
    ]
    value = number(example.trace.loss)
    return Step("Loss", _LOSSES[example.loss], (*lines, Line(f"J = {value}", f"J = {value}")))


def _delta(example: Example, at: int) -> Step:
    layers = example.trace.layers
    layer, last = layers[at], at == len(layers) - 1
    lines = []
    for j, delta in enumerate(layer.delta):
        name = f"δ{j + 1}", rf"\delta_{j + 1}^{{({at + 1})}}"
        if layer.slope is None or (last and example.loss != "squared-error"):
            lines.append(_line(*name, [number(layer.a[j]), f"-{factor(example.trace.y[j])}"], delta))
            continue
        if last:
            pushed = f"({number(layer.a[j])} - {factor(example.trace.y[j])})"
        else:
            after = layers[at + 1]
            pushed = "(" + " + ".join(f"{factor(d)} · {factor(w)}" for d, w in zip(after.delta, after.W[j], strict=True)) + ")"
        lines.append(_line(*name, [f"{pushed} · {number(layer.slope[j])}"], delta))
    slope = _RULES[type(layer.activation)][1]
    if not last:
        rule = Line(
            f"δ_j = (Σ_k δ_k w_jk) g'(z_j),  {slope.plain}",
            rf"\delta_j = \Bigl(\sum_k \delta_k w_{{jk}}\Bigr) g'(z_j),\quad {slope.latex}",
        )
    elif example.loss == "squared-error" and layer.slope is not None:
        rule = Line(
            f"δ_j = dJ/da_j · g'(z_j) = (a_j - y_j) g'(z_j),  {slope.plain}",
            rf"\delta_j = (a_j - y_j)\, g'(z_j),\quad {slope.latex}",
        )
    else:
        rule = Line("δ_j = a_j - y_j: the loss and its activation together", r"\delta_j = a_j - y_j")
    return Step(f"Backward, layer {at + 1}: δ = dJ/dz", rule, tuple(lines))


def _gradients(layer: LayerTrace, at: int) -> Step:
    lines = []
    for j, delta in enumerate(layer.delta, 1):
        for i, x in enumerate(layer.x, 1):
            name = f"dJ/dw{i}{j}", rf"\partial J / \partial w_{{{i}{j}}}^{{({at})}}"
            lines.append(_line(*name, [f"{factor(x)} · {factor(delta)}"], layer.dW[i - 1, j - 1]))
        lines.append(Line(f"dJ/db{j} = δ{j} = {number(delta)}", rf"\partial J / \partial b_{j}^{{({at})}} = {number(delta)}"))
    rule = Line(
        "dJ/dw_ij = x_i δ_j,  dJ/db_j = δ_j",
        r"\frac{\partial J}{\partial w_{ij}} = x_i \delta_j,\quad \frac{\partial J}{\partial b_j} = \delta_j",
    )
    return Step(f"Gradients, layer {at}", rule, tuple(lines))


def _update(example: Example) -> Step:
    lines = []
    for at, layer in enumerate(example.trace.layers, 1):
        for (i, j), new in _indexed(layer):
            name = f"layer {at}, w{i}{j}", f"w_{{{i}{j}}}^{{({at})}}"
            lines.append(_changed(*name, layer.W[i - 1, j - 1], new))
        for j, old, new in _count(layer.b, layer.new_b):
            lines.append(_changed(f"layer {at}, b{j}", f"b_{j}^{{({at})}}", old, new))
    return Step(
        f"Update by {example.optimizer}, learning rate η = {example.trace.rate:g}", _UPDATES[example.optimizer], tuple(lines)
    )


def _again(example: Example) -> Step:
    before, after = number(example.trace.loss), number(example.trace.new_loss)
    change = example.trace.new_loss - example.trace.loss
    word = "fell" if change < 0 else "rose: the learning rate is too high here" if change > 0 else "stayed"
    return Step(
        "The same pattern again",
        _LOSSES[example.loss],
        (Line(f"J: {before} → {after}, it {word}", rf"J: {before} \to {after}"),),
    )


def _line(plain: str, latex: str, terms: list[str], value: float) -> Line:
    told = " + ".join(terms).replace("+ -", "- ")
    return Line(f"{plain} = {told} = {number(value)}", f"{latex} = {told.replace('·', chr(92) + 'cdot')} = {number(value)}")


def _changed(plain: str, latex: str, old: float, new: float) -> Line:
    told = f"{number(old)} - {factor(old - new)}"
    return Line(f"{plain} ← {told} = {number(new)}", rf"{latex} \leftarrow {told} = {number(new)}")


def _count(first: Floats, second: Floats) -> Iterator[tuple[int, float, float]]:
    for j, (one, other) in enumerate(zip(first, second, strict=True), 1):
        yield j, float(one), float(other)


def _indexed(layer: LayerTrace) -> Iterator[tuple[tuple[int, int], float]]:
    for j in range(layer.W.shape[1]):
        for i in range(layer.W.shape[0]):
            yield (i + 1, j + 1), float(layer.new_W[i, j])
