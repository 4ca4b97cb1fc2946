"""The model card of an expression network, written from its contract and its figures on test."""

from collections.abc import Sequence

from mien.evaluation.expression import ExpressionEvaluation
from mien.faces.expressions import EXPRESSIONS
from mien.models.contract import Contract
from mien.training.recipes import RECIPES


def model_card(contract: Contract, recipe_name: str, copies: int, evaluations: Sequence[ExpressionEvaluation]) -> str:
    """Markdown: what the network is, its data, its accuracy under each protocol, its limits, what it is (not) for.

    copies: training pictures left out because validation or test holds them too. evaluations: on test.
    """
    accuracy = "\n".join(
        f"| `{e.protocol}` | {e.n:,} | **{e.accuracy:.1%}** ({e.interval[0]:.1%} to {e.interval[1]:.1%}) "
        f"| {e.macro_recall:.1%} | {e.macro_f1:.1%} | {e.cross_entropy:.3f} "
        f"| {e.distribution_calibration:.3f} | {e.confidence_calibration:.3f} |"
        for e in evaluations
    )
    first, recipe = evaluations[0], RECIPES[recipe_name]
    recall = " | ".join(f"{r:.0%}" for r in first.recall)
    counts = " | ".join(f"{sum(row):,}" for row in first.confusion)
    return f"""# {contract.name}

Reads the expression of one face: grey crops of {contract.crop.side}x{contract.crop.side} pixels to a distribution over
{len(EXPRESSIONS)} expressions. Architecture `{recipe.architecture}`, recipe `{recipe_name}`,
{contract.parameters:,} parameters (running statistics counted), version {contract.version}, licence {contract.licence}.
Quoted as shipped: one pass, no averaging over flips.

## Data

{contract.training_data}: {copies:,} of them left out. Targets: {_TARGETS[recipe.targets]}.
Temperature {contract.temperature:.3f}, fitted to the vote shares on validation. No other data, no outside weights.

## Accuracy

FER+ test, top-1 with a 95 % Wilson interval. Cross-entropy to the votes in nats; calibration errors over 15 bins, of the
probability against the vote share and of the confidence against being right.

| protocol | n | accuracy | macro recall | macro F1 | cross-entropy | calibration: votes | calibration: right |
|---|---|---|---|---|---|---|---|
{accuracy}

Recall by expression, `{first.protocol}`:

| {" | ".join(EXPRESSIONS)} |
|{"---|" * len(EXPRESSIONS)}
| {recall} |
| {counts} pictures |

To compare, `ferplus-8` / `ferplus-majority`: one rater against the other nine 70.7 % / 77.3 %, a second panel of ten people
84.6 % / 89.1 %.

## Limits

- Disgust, fear and contempt are rare in the training data and often missed: see the recalls above.
- Small grey faces from a web search; who is in them, and how well the network works for whom, is not known. Expect worse on
  faces turned away, covered or badly lit, and on ages and peoples that such searches rarely find.
- An expression is what a face shows, not what a person feels.

## Intended use

Research, teaching, art, games, interfaces that react to a face with its owner's consent, studies that average over many faces.

## Not for

Deciding about a person: hiring, policing, border control, grading, credit, insurance, diagnosis, lie detection, watching
workers or pupils. Several of these are against the law in places (in the EU: the AI Act, article 5).
"""


_TARGETS = {
    "largest": "the largest of the eight expression columns, one-hot (the seed's rule)",
    "votes": "the distribution of the expression votes",
}
