"""Writes docs/classical.md from results/classical.json.

python benchmarks/classical_page.py
"""

from pathlib import Path
from typing import Any

import results
from report import percent, table

PAGE = Path(__file__).parent.parent / "docs" / "classical.md"


def methods_table(measured: dict[str, Any]) -> str:
    """One row a method."""
    rows = [
        [
            f"`{name}`",
            f"**{percent(m['accuracy'])}** ({percent(m['interval'][0])} to {percent(m['interval'][1])})",
            percent(m["macro_recall"]),
            f"{m['training_seconds']:.0f} s" if m["training_seconds"] else "",
            m["how"],
        ]
        for name, m in measured["methods"].items()
    ]
    rows.append(["always the most frequent label", percent(measured["always_most_frequent"]), "", "", ""])
    return table(["method", "right (95 % interval)", "macro recall", "training", "how"], rows)


def tests_table(measured: dict[str, Any]) -> str:
    """McNemar's p of each pair."""
    return table(["methods", "McNemar's p"], [[", ".join(t["methods"]), f"{t['p']:.2g}"] for t in measured["mcnemar"]])


def engine_table(told: dict[str, Any]) -> str:
    """The engine against scikit-learn."""
    rows = []
    for name in ("eight", "five"):
        m = told[name]["scikit_learn"]
        ours, theirs = (f"{percent(m[who])} in {m[f'{who}_seconds']:.1f} s" for who in ("ours", "theirs"))
        rows.append([name, ours, theirs])
    return table(["expressions", "`mien.nn`", "`MLPClassifier`"], rows)


def main() -> None:
    """Writes the page."""
    told = results.read("classical")
    eight, five = told["eight"], told["five"]
    PAGE.write_text(
        f"""<!-- Written by benchmarks/classical_page.py; change that, not this. -->
# Classical readers beside the networks

The thesis among mien's sources compared principal components of the face ("eigenfaces", Sirovich & Kirby 1987; Turk & Pentland
1991) with a neural network and with a decision tree, on five expressions of posed portraits. Here both are rebuilt and measured
on faces from the wild, FER+ under the protocol `ferplus-8`, beside convolutional networks: the same training pictures without
copies of the test, the same validation pictures to choose by, the same test pictures read once.

`mien compare --data DIR` makes these tables and a report with pictures from any data set (`--dataset jaffe`, `ckplus`,
`folders` and so on), leaving one person out at a time where people are known.

## Eight expressions, n = {eight["n"]:,}

{methods_table(eight)}

All methods are judged by the largest share of their distribution; [results.md](results.md) goes by the label that is told, which a
file may choose better.

![Accuracy](pictures/compare-eight.png)

{tests_table(eight)}

![Confusion](pictures/compare-eight-confusion.png)

## Five expressions (neutral, happiness, sadness, anger, disgust), n = {five["n"]:,}

The classical readers are trained anew on these pictures alone; the networks answer as shipped, confined to the five.

{methods_table(five)}

{tests_table(five)}

## The thesis's own rule

Sigmoid outputs trained on squared error; an output above 0.9 counts as yes, one below 0.1 as no, and a face is decided when one
says yes and all others no. On the five expressions the likeliest output is right for {percent(told["thesis"]["likeliest"])}; the
rule decides {percent(told["thesis"]["decided"])} of the faces, and of these {percent(told["thesis"]["right_of_decided"])} are right.

## What moved the perceptron

On validation, eight expressions: 51.6 % with 200 components, 200 hidden units and crops as they are, equalised; 55.7 % with
mirrored faces added; 56.5 % when each crop is brought to mean 0 and deviation 1 instead of equalised. Faces turned by up to 6
degrees, shifted by 1.5 pixels and zoomed by 5 % need more units and steps to help: 1000 units reach 58.6 % at a learning
rate of 0.002 and 61.0 % at 0.006. Components do not forgive a shift: with up to 3 pixels it is 52.8 %.

## What moved the tree

A tree asks one component at a time, and components of the whole face mix mouth and eyes. On validation (always neutral:
37.4 %): 42.8 % with 50 components of the whole face; 43.0 % when half of the faces that make the components are mirrored, so
that odd ones can be left aside; 45.8 % with components of mouth (25) and eyes (15) of their own (Pentland, Moghaddam &
Starner 1994).

## What they see

![Mean face and eigenfaces](pictures/eigenface-perceptron-eigenfaces.png)

![Variance explained](pictures/eigenface-perceptron-variance.png)

The demo's face, and what so many components tell of it:

![A face rebuilt](pictures/eigenface-perceptron-rebuilt.png)

The tree's components are those of mouth and eyes, and its first questions are about the mouth:

![Components of mouth and eyes](pictures/eigenface-tree-eigenfaces.png)

![The tree's first questions](pictures/eigenface-tree-questions.png)

## The engine against scikit-learn

The same 200 components, 200 hidden units, 20 epochs of Adam with batches of 200, one-hot labels:

{engine_table(told)}

A comparison from trained models took {eight["seconds_from_trained"]:.0f} s (eight) and {five["seconds_from_trained"]:.0f} s
(five) on two cores. Fitting the components on all of FER+ train peaked at {told["peak_mb_of_fit"]:.0f} MB.
""",
        encoding="utf-8",
    )


if __name__ == "__main__":
    main()
