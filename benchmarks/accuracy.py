"""Accuracy of every shipped network on FER+ test under every protocol, with pictures.

python benchmarks/accuracy.py --data DIR
"""

import argparse
from pathlib import Path

import results
from mien.datasets import ferplus
from mien.evaluation import plots
from mien.evaluation.expression import evaluate_expression
from mien.evaluation.protocols import PROTOCOLS
from mien.faces.classifier import Classifier
from mien.models.catalog import CATALOG
from mien.models.contract import Contract

PICTURES = Path(__file__).parent.parent / "docs" / "pictures"


def main() -> None:
    """Writes results/accuracy.json and the pictures of docs/results.md."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    data = parser.parse_args().data
    splits = {name: ferplus.load(data, name) for name in ferplus.FOLDERS}
    figures = {}
    for name in (key for key, entry in CATALOG.items() if entry.contract is Contract):
        readings = Classifier(name).read(splits["test"].crops)
        evaluations = {p.name: evaluate_expression(readings, splits["test"], p) for p in PROTOCOLS.values()}
        figures[name] = {protocol: evaluation.to_json() for protocol, evaluation in evaluations.items()}
        plots.plot_confusion(evaluations["ferplus-8"], f"{name}, test", PICTURES / f"{name}-confusion.png")
        plots.plot_risk_coverage(evaluations["ferplus-8"], f"{name}, test", PICTURES / f"{name}-risk-coverage.png")
        plots.plot_reliability(evaluations["ferplus-8"], f"{name}, test", PICTURES / f"{name}-reliability.png")
    judged = {name: PROTOCOLS["ferplus-8"].judge(split.votes) for name, split in splits.items()}
    labels = {str(name): values[kept] for name, (kept, values) in judged.items()}
    plots.plot_labels(labels, "FER+ labels, ferplus-8", PICTURES / "labels.png")
    results.write("accuracy", {"models": figures})


if __name__ == "__main__":
    main()
