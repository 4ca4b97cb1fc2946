"""Model cards, written from a contract and its figures."""

from collections.abc import Mapping, Sequence
from math import exp, isnan
from typing import Final

from mien.datasets.facedet import PhotoSplit
from mien.evaluation.detector import SIZES, DetectorEvaluation
from mien.evaluation.expression import ExpressionEvaluation
from mien.faces.expressions import EXPRESSIONS
from mien.models.contract import Contract, DetectorContract
from mien.models.text_contract import CharacterContract, LineContract

_USE: Final = """## Intended use

Research, teaching, art, games, interfaces that react to a face with its owner's consent, studies that average over many faces.

## Not for

Deciding about a person: hiring, policing, border control, grading, credit, insurance, diagnosis, lie detection, watching
workers or pupils. Several of these are against the law in places (in the EU: the AI Act, article 5).
"""

_READING_USE: Final = """## Intended use

Reading printed pages: scans, photos and screenshots of text, for search, for the blind, for archives.

## Not for

Anything where a wrong letter or figure does harm and nobody looks again: doses, amounts of money, names in official papers.
"""


def model_card(
    contract: Contract, method: str, targets: str, copies: int, views: str, evaluations: Sequence[ExpressionEvaluation]
) -> str:
    """Markdown: what the classifier is, its data, its accuracy under each protocol, its limits, what it is (not) for.

    method: how it was made, in a few words. copies: training pictures left out because validation or test holds them
    too. views: of a crop, that it reads. evaluations: on test.
    """
    accuracy = "\n".join(
        f"| `{e.protocol}` | {e.n:,} | **{e.accuracy:.1%}** ({e.interval[0]:.1%} to {e.interval[1]:.1%}) "
        f"| {e.macro_recall:.1%} | {e.macro_f1:.1%} | {e.cross_entropy:.3f} "
        f"| {e.distribution_calibration:.3f} | {e.confidence_calibration:.3f} |"
        for e in evaluations
    )
    first = evaluations[0]
    recall = " | ".join(f"{r:.0%}" for r in first.recall)
    counts = " | ".join(f"{sum(row):,}" for row in first.confusion)
    favour = contract.confidence.favour
    favoured = ", ".join(label for label, more in zip(contract.labels, favour, strict=True) if more > 0)
    rare = f"\nRare, and told even where another is up to {exp(max(favour)):.1f} times as likely: {favoured}."
    return f"""# {contract.name}

Reads the expression of one face: grey crops of {contract.crop.side}x{contract.crop.side} pixels to a distribution over
{len(EXPRESSIONS)} expressions. {method},
{contract.parameters:,} parameters (running statistics counted), version {contract.version}, licence {contract.licence}.
Quoted as shipped: {views}.

## Data

{contract.training_data}: {copies:,} of them left out. Targets: {targets}.
Temperature {contract.temperature:.3f}, fitted to the vote shares on validation; which label a distribution speaks for, fitted
to the training pictures, and how surely, on validation. No other data, and no weights
but of the networks named here.{rare if favoured else ""}

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

A reading whose confidence is under {contract.confidence.least:.2f} is "unsure": chosen so that 95 % of what is answered on
validation is right. On test, `{first.protocol}`, {first.coverage:.1%} are answered, {first.answered_accuracy:.1%} of
them right.

To compare, `ferplus-8` / `ferplus-majority`, counted from FER+'s own votes: one rater against the other nine 70.7 % / 77.3 %; a
second panel of ten people 84.6 % / 89.1 %, on pictures of all splits that were labelled twice (2,350 pairs).

## Limits

- Disgust, fear and contempt are rare in the training data and often missed: see the recalls above.
- Small grey faces from a web search; who is in them, and how well the network works for whom, is not known. Expect worse on
  faces turned away, covered or badly lit, and on ages and peoples that such searches rarely find.
- An expression is what a face shows, not what a person feels.

{_USE}"""


def detector_card(contract: DetectorContract, evaluations: Mapping[PhotoSplit, DetectorEvaluation]) -> str:
    """Markdown: what the detector is, its data, what was measured on which photos, its limits."""
    heldout, crowd = evaluations["heldout"], evaluations["crowd"]
    sizes = " | ".join(f"{low} to {high} px" if high < 1000 else f"{low} px and more" for low, high in SIZES)
    recalls = " | ".join("none there" if isnan(recall) else f"{recall:.0%}" for recall in crowd.recall_by_size)
    return f"""# {contract.name}

Finds faces: RGB pictures of any size to boxes, scores and five landmarks (eyes, nose, corners of the mouth).
Fully convolutional, no anchors, strides 8, 16 and 32; decoding and non-maximum suppression are in the graph.
{contract.parameters:,} parameters (running statistics counted), version {contract.version}, licence {contract.licence}.
A score estimates how well the box fits (IoU); from {contract.threshold:.3f} on a face counts.

## Data

Trained on {contract.training_data}. No weights from elsewhere.

## Measured

At the shipped threshold, pictures scaled so that faces down to 40 px are found; smaller ones do not count either way.

| held out from training: {heldout.photos:,} photos, IoU {heldout.least_iou} | |
|---|---|
| photos of one face: it and nothing else was found | {heldout.found_once:.1%} |
| false alarms a photo without faces | {heldout.false_alarms:.3f} |
| mean landmark error / face width | {heldout.landmark_error:.1%} |
| average precision | {heldout.curve.average_precision:.1%} |

| crowd: {crowd.photos} photos of WIDER FACE validation, {crowd.faces} faces of 40 px and more, IoU {crowd.least_iou} | |
|---|---|
| recall / precision | {crowd.recall:.1%} / {crowd.precision:.1%} |
| recall where precision is 90 % | {crowd.curve.recall_at(0.9):.1%} |

| recall in crowds by size | {sizes} |
|{"---|" * (len(SIZES) + 1)}
| | {recalls} |

## Limits

- Most training photos are portraits of one large face, many of them East Asian, many with medical masks: expect worse on faces
  in profile, upside down, drawn, or half hidden. How well it works for whom is not known.
- Tilt is underestimated: landmarks of a face turned by 20 degrees tell some 8, so crops are straightened in part only.
- Boxes and landmarks were learned from another detector's, which errs under masks.

{_USE}"""


def line_card(contract: LineContract) -> str:
    """Markdown: what the line reader is, its data, what was measured, its limits."""
    figures = "\n".join(f"| {name} | {value:.2%} |" for name, value in contract.figures.items())
    return f"""# {contract.name}

Reads a line of printed text: ink of {contract.height} rows, its small letters {contract.x_height:g} px high, to
{len(contract.alphabet)} characters: ASCII, Vietnamese, what typesetters use. Convolutions and connectionist temporal
classification, {contract.parameters:,} parameters (running statistics counted); where the letters leave a doubt, the
chances of {contract.ngrams:,} sequences of characters decide. Version {contract.version}, licence {contract.licence}.

## Data

Trained on {contract.training_data}. No weights from elsewhere.

## Measured

| lines of fonts and texts held out from training | |
|---|---|
{figures}

Against Tesseract, on whole pages: `docs/text.md`.

## Limits

- Printed letters only: no handwriting, no mathematics beyond a line of signs, no script but Latin.
- It has seen English, Vietnamese and program code; names and other languages without their accents are read less well,
  and where letters are hard to tell apart it expects what manuals and their translations are likely to say.
- It always finds some letter for what looks like ink: a photo without text may give stray characters.

{_READING_USE}"""


def character_card(contract: CharacterContract, recipe: Mapping[str, object]) -> str:
    """Markdown: what the character reader is, its data, its recipe, what was measured, its limits."""
    figures = "\n".join(f"| {name} | {value:.1%} |" for name, value in contract.figures.items())
    settings = ", ".join(f"{name} {value}" for name, value in recipe.items())
    outputs = "the 16 bits of its number" if contract.outputs == "bits" else "one output a character"
    geometry = " and four numbers of its geometry" if contract.geometry else ""
    return f"""# {contract.name}

The seed's reader of printed characters: a character's ink on a grid of {contract.rows} x {contract.columns}{geometry}, one
hidden layer of bipolar sigmoids, {outputs}. Trained on `mien.nn`, {contract.parameters:,} parameters, version
{contract.version}, licence {contract.licence}.

## Data

{contract.training_data}. Recipe: {settings}.

## Measured

| | |
|---|---|
{figures}

## Limits

- Knows only: `{contract.alphabet}`
- Reads characters that stand apart; letters that touch (fi, rt) are taken for one. For pages to be read, use `mien-lines`.

{_READING_USE}"""
