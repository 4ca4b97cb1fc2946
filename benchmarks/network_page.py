"""Writes docs/network.md from results/network.json, results/accuracy.json and the logged runs.

python benchmarks/network_page.py
"""

import json
from pathlib import Path
from statistics import mean
from typing import Any

import results
from ablation import BASE, BASE_SEEDS, IDEAS, log_of
from report import percent, runs_section, table

PAGE = Path(__file__).parent.parent / "docs" / "network.md"


def ablation_table() -> str:
    """What each idea is worth on validation, from the logs of its runs.

    Raises:
        SystemExit: a log is missing.
    """
    base = last_epochs("base", BASE_SEEDS)
    rows = []
    for name, idea in IDEAS.items():
        changed = last_epochs(name, idea.seeds)
        with_it, without = (base[: idea.seeds], changed) if idea.had else (changed, base[: idea.seeds])
        cells = [f"{mean(e['valid_loss'] for e in epochs):.3f}" for epochs in (with_it, without)]
        cells += [percent(mean(e["valid_score"] for e in epochs)) for epochs in (with_it, without)]
        rows.append([idea.name, *cells, str(idea.seeds)])
    header = ["idea", "cross-entropy with", "without", "accuracy with", "without", "seeds"]
    return table(header, rows)


def last_epochs(name: str, seeds: int) -> list[dict[str, Any]]:
    """What the last epoch of each seed's run reached."""
    paths = [log_of(name, seed) for seed in range(seeds)]
    missing = [str(path) for path in paths if not path.exists()]
    if missing:
        raise SystemExit(f"missing: {', '.join(missing)}; run benchmarks/ablation.py --data DIR first")
    return [json.loads(path.read_text(encoding="utf-8"))["epochs"][-1] for path in paths]


def robustness_table(networks: dict[str, dict[str, Any]]) -> str:
    """Accuracy under each change, a column a network."""
    changes = next(iter(networks.values()))["robustness"]
    rows = [[what, *(percent(n["robustness"][what]) for n in networks.values())] for what in changes]
    return table(["`ferplus-8` test crops", *(f"`{name}`" for name in networks)], rows)


def twice_table(networks: dict[str, dict[str, Any]]) -> str:
    """Who agrees how often with the first panel's label."""
    told = next(iter(networks.values()))["labelled_twice"]
    rows = [["one rater of the second panel", percent(told["one_rater"])]]
    rows += [["the second panel of ten people", percent(told["second_panel"])]]
    rows += [[f"`{name}`", percent(n["labelled_twice"]["ours"])] for name, n in networks.items()]
    return table([f"n = {told['pairs']:,} pairs", "agrees with the first panel's label"], rows)


def copies_table(networks: dict[str, dict[str, Any]]) -> str:
    """Accuracy on test pictures with and without copies in the training split."""
    header = ["network", "no copy in train", "a copy in train (left out of training)"]
    cells = ("clean", "copies")
    rows = [
        [f"`{name}`", *(f"{percent(n[part]['accuracy'])} (n = {n[part]['n']:,})" for part in cells)]
        for name, n in networks.items()
    ]
    return table(header, rows)


def peers_table(networks: dict[str, dict[str, Any]]) -> str:
    """Paired tests with the predictions of networks that others have trained."""
    rows = [
        [f"`{name}`", peer, f"`{protocol}`", percent(told["peer"]), f"{told['p']:.2g}"]
        for name, n in networks.items()
        for peer, protocols in n.get("peers", {}).items()
        for protocol, told in protocols.items()
    ]
    return table(["network", "peer", "protocol", "the peer's accuracy", "McNemar's p"], rows)


def confidence_table(models: dict[str, dict[str, Any]], names: list[str]) -> str:
    """What is answered, and how much of it is right."""
    rows = []
    for name in names:
        e = models[name]["ferplus-8"]
        rows.append(
            [f"`{name}`", percent(e["coverage"]), percent(e["answered_accuracy"]), f"{e['confidence_calibration']:.3f}"]
        )
    return table(["network", "answered", "right of these", "calibration error of the confidence"], rows)


def main() -> None:
    """Writes the page."""
    networks = results.read("network")["networks"]
    accuracy = results.read("accuracy")["models"]
    pictures = "\n\n".join(f"![Risk and coverage of {name}](pictures/{name}-risk-coverage.png)" for name in networks)
    PAGE.write_text(
        f"""<!-- Written by benchmarks/network_page.py; change that, not this. -->
# The expression networks, looked at closely

## Logged runs

{runs_section()}

`seed` is the recipe of the seed, one-hot labels. `seed-votes` is the same network trained on the distribution of the votes, with a
cosine schedule and averaged weights. `mien-residual` has residual blocks with squeeze-and-excitation from 24x24 pixels on, stronger geometry, light, erasing
and mixup, and longer training with AdamW; at the commit that its row names. `mien` begins at full resolution, without mixup and erasing,
at a constant rate; `mien-finish` takes its weights and lets the rate fall to nothing. `mien-second` and `mien-finish-second` do that once
more from there: what ships. `mien-tiny` is the same at half the width, with stronger geometry, kept where the cross-entropy is lowest;
`mien-tiny-finish` lets its rate fall. With a quarter of the numbers it comes close to the seed's network and is what the page loads first.
All rows are of one pass; what ships of `mien` and `mien-tiny` averages over a crop and its mirror image: see [results.md](results.md).

## What each idea is worth

`mien-tiny` trained for {BASE.epochs} epochs from nothing, with one thing changed; validation, `ferplus-8`, after the last epoch, one pass; the
means of so many seeds. Short runs: what slows learning down, as strong changes to the pictures do, looks worse than it is.
`benchmarks/ablation.py` makes them; each log in `benchmarks/runs/ablation` names its commit and seed.

{ablation_table()}

## Two numbers that mean two things

The distribution mimics how ten people vote; its temperature is fitted to the vote shares on validation. The confidence is the
chance that the likeliest expression is the label: a logistic curve over the largest probability, fitted on validation. Below the
confidence from which on 95 % of validation is right, a reading is "unsure" (`--min-confidence` changes that).

{confidence_table(accuracy, list(networks))}

{pictures}

## Copies

FER2013 holds the same photo in more than one split. Copies of validation and test pictures are left out of training.

{copies_table(networks)}

## Pictures that were labelled twice

FER+ labelled some byte-identical pictures twice, each time by ten people. Of the pairs with a picture in validation or test, so
that neither was trained on:

{twice_table(networks)}

## Robustness

{robustness_table(networks)}

## Beside networks that others have trained

Their own predictions on the same test pictures.

{peers_table(networks)}
""",
        encoding="utf-8",
    )


if __name__ == "__main__":
    main()
