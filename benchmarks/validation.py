"""Which of several networks to ship: validation, each against the first in pairs, and all together as teachers would be.

python benchmarks/validation.py --data DIR mien runs/mien-wide/mien-wide.onnx
"""

import argparse
from pathlib import Path

import numpy as np

from mien.datasets import ferplus
from mien.evaluation.metrics import cross_entropies
from mien.evaluation.protocols import PROTOCOLS, vote_shares
from mien.faces.classifier import Classifier
from mien.training.examples import PROTOCOL


def main() -> None:
    """Prints the cross-entropy to the votes, the share whose likeliest label is right, and the difference in cross-entropy."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("models", nargs="+", metavar="MODEL")
    arguments = parser.parse_args()
    split = ferplus.load(arguments.data, "valid")
    kept, labels = PROTOCOLS[PROTOCOL].judge(split.votes)
    crops, labels, shares = split.crops[kept], labels[kept], vote_shares(split.votes[kept])
    distributions = {model: Classifier(model).classify(crops) for model in arguments.models}
    if len(distributions) > 1:
        distributions["all together"] = np.mean(list(distributions.values()), axis=0)
    losses = {name: cross_entropies(said, shares) for name, said in distributions.items()}
    first = losses[arguments.models[0]]
    for name, said in distributions.items():
        difference, right = losses[name] - first, said.argmax(axis=1) == labels
        error = difference.std(ddof=1) / len(difference) ** 0.5
        told = f"cross-entropy {losses[name].mean():.4f} ({difference.mean():+.4f} +- {error:.4f}), right {right.mean():.1%}"
        print(f"{name}: {told}")


if __name__ == "__main__":
    main()
