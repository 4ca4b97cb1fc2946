"""Writes docs/backpropagation.md and its pictures; every number in it comes from the engine as the page is built.

python docs/build_backpropagation.py
"""

from pathlib import Path

import numpy as np

from mien.explain import plots
from mien.explain.example import NOTES, make_example, seed_example
from mien.explain.steps import Step, number, steps
from mien.nn import LOSSES, Dense, Network, Sigmoid, check_gradients

FOLDER = Path(__file__).parent
PAGE = FOLDER / "backpropagation.md"


def block(*shown: Step) -> str:
    """Steps as the terminal version prints them."""
    parts = [f"{step.title}\n    {step.rule.plain}\n" + "\n".join(f"  {line.plain}" for line in step.lines) for step in shown]
    return "```\n" + "\n\n".join(parts) + "\n```"


def loss_after(rate: float) -> str:
    """J of the example after one step at that learning rate."""
    return number(seed_example(rate).trace.new_loss)


def page() -> str:
    """The whole page, Markdown."""
    example = seed_example()
    trace, walk = example.trace, steps(example)
    network = Network(2, [Dense(2), Sigmoid(), Dense(1), Sigmoid()], rng=np.random.default_rng(0), dtype=np.float64)
    error = check_gradients(network, [[0.2, 0.7]], [[1.0]], LOSSES["squared-error"]())
    mistakes = "\n".join(f"| {said} | {true} |" for said, true in NOTES)
    rates = "\n".join(f"| {rate:g} | {loss_after(rate)} |" for rate in (0.01, 0.1, 0.5, 2, 10, 50))
    softmax = make_example(
        [2, 3, 2], activation="tanh", loss="cross-entropy", optimizer="sgd", rate=0.5, x=[1, -1], y=[1, 0], seed=0
    )
    joint = next(step for step in steps(softmax) if step.title.startswith("Backward, layer 2"))
    return f"""# Back-propagation, every number

Written by `python docs/build_backpropagation.py`: the numbers are the engine's (`mien.nn`), none is typed. The same walk on
your own terminal: `mien explain`; as a page to step through, with a slider for the learning rate: `mien explain --html
step.html`; for lecturers: `mien explain --latex step.tex`.

## The question

A network is a function with many knobs, its weights. It gave {number(trace.layers[-1].a[0])} where we wanted
{number(trace.y[0])}. Which knob should be turned, which way, how far? Back-propagation answers for all knobs at once: one walk
forward to compute the output, one walk back to share out the blame.

The example has two inputs, two hidden sigmoid units and one sigmoid output. The teaching text that its fragments are from ("the source" below, unpublished) gives
only some of the numbers (the input 0.2, the weights 0.14, 0.6 and -0.5, the target 1); the others are ours.

## Forward

Each unit sums what comes in, each input times its weight, adds its bias, and bends the sum. In our notation rows are patterns:
`z = x W + b`, `a = g(z)`.

{block(*walk[:3])}

## Backward

The quantity that travels back is `δ = dJ/dz`: how the loss changes when a unit's *sum* changes. At the output it is the error
times the slope of the sigmoid there.

{block(walk[3], walk[4])}

A hidden unit is to blame as far as it fed those that erred: it collects their δ along the same weights, backwards, and multiplies
by its own slope. A weight's gradient is then what came in times the δ of where it went.

{block(walk[5], walk[6])}

Note that a unit whose output is near 0 or 1 has a slope near 0: it learns slowly however wrong it is ("saturation"). Joining
the loss to the activation cures that at the output: for cross-entropy with soft-max (or binary cross-entropy with the
sigmoid) the slope cancels and δ is just `a - y`. In another network, of two soft-max outputs, of which the first was wanted
(`mien explain --layers 2,3,2 --activation tanh --loss cross-entropy --x 1,-1 --y 1,0` shows all of it):

{block(joint)}

## Update

{block(walk[7], walk[8])}

The gradient says which way is down, not how far it stays down. One step at several learning rates, from J = {number(trace.loss)}:

| η | J after the step |
|---|---|
{rates}

## Is it right?

A derivative can be checked without believing any of the above: turn one weight a little up and a little down and see how the loss
changes, `(J(w + h) - J(w - h)) / 2h`. `mien.nn.check_gradients` does that for every weight; for a network of this shape the
largest relative difference is {error:.1e}. The tests do it for every layer and every loss, and compare with PyTorch besides.

## Where the source goes wrong

| it says | but |
|---|---|
{mistakes}

## Five ways down a valley

Plain gradient descent zigzags across a long narrow valley. Momentum remembers where it was going; Nesterov's looks one step ahead
before it turns; RMSprop and Adam give each coordinate a rate of its own.

![Five optimizers in one valley](pictures/optimizers.png)

Textbooks write some of these rules otherwise. Momentum as a running average, `v = μ v + (1 - μ) g`, `w -= η v`, is ours with the
learning rate `η (1 - μ)`. RMSprop with `sqrt(s + ε)` differs from our `sqrt(s) + ε` only where `s` is about as small as `ε`. L2 decay
adds `λ w` to the gradient; decoupled decay takes `η λ w` off the weight: the same thing for plain gradient descent, another for all
the others.

## What a hidden layer is for

No line separates XOR, and nothing simple separates two spirals. Two hidden layers of tanh units do:

![XOR and two spirals](pictures/decisions.png)

## In Python

```python
import numpy as np
from mien.nn import Adam, BinaryCrossEntropy, Dense, Network, Sigmoid, Tanh, fit

x = np.array([[0, 0], [0, 1], [1, 0], [1, 1]])
y = np.array([[0], [1], [1], [0]])
rng = np.random.default_rng(0)
network = Network(2, [Dense(8), Tanh(), Dense(1), Sigmoid()], rng=rng)
fit(network, x, y, loss=BinaryCrossEntropy(), optimizer=Adam(0.05), epochs=300, batch_size=4, rng=rng)
print(network.predict(x).round(2))
```
"""


def main() -> None:
    """Writes the page and draws its pictures."""
    PAGE.write_text(page(), encoding="utf-8")
    plots.plot_optimizers(FOLDER / "pictures" / "optimizers.png")
    plots.plot_decisions(FOLDER / "pictures" / "decisions.png")


if __name__ == "__main__":
    main()
