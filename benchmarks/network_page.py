"""Writes docs/network.md from results/network.json, results/accuracy.json and the logged runs.

python benchmarks/network_page.py
"""

import json
import statistics
from pathlib import Path
from typing import Any

import ablation
import results
from report import percent, runs_section, table

PAGE = Path(__file__).parent.parent / "docs" / "network.md"


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


def peers_table(models: dict[str, dict[str, Any]], networks: dict[str, dict[str, Any]]) -> str:
    """Beside the predictions of networks that others have trained: our accuracy, and the p of the paired test."""
    beside = {name: n["peers"] for name, n in networks.items() if "peers" in n}
    rows = []
    for peer, protocols in next(iter(beside.values()), {}).items():
        for protocol, told in protocols.items():
            ours = [
                f"{percent(models[name][protocol]['accuracy'])}, p = {peers[peer][protocol]['p']:.2g}"
                for name, peers in beside.items()
            ]
            rows.append([peer, f"`{protocol}`", percent(told["peer"]), *ours])
    return table(["peer", "protocol", "the peer", *(f"`{name}`" for name in beside)], rows)


def confidence_table(models: dict[str, dict[str, Any]], networks: dict[str, dict[str, Any]]) -> str:
    """How much is right, what is answered, and how much of that is right."""
    rows = []
    for name, network in networks.items():
        e = models[name]["ferplus-8"]
        shares = [percent(value) for value in (network["largest_share"], e["accuracy"], e["coverage"], e["answered_accuracy"])]
        rows.append([f"`{name}`", *shares, f"{e['confidence_calibration']:.3f}"])
    header = ["network, `ferplus-8` test", "right by the largest share", "right by what is told", "answered"]
    return table([*header, "right of these", "calibration error of the confidence"], rows)


def int8_table(networks: dict[str, dict[str, Any]]) -> str:
    """The networks as they ship and in eight bits."""
    rows = [
        [
            f"`{name}`{', 8 bits' if kind == 'int8' else ''}",
            *(percent(told["accuracies"][protocol]) for protocol in ("ferplus-8", "ferplus-majority")),
            f"{told['bytes'] / 1e6:.2f} MB",
            f"{told['ms']:.2f} ms",
        ]
        for name, kinds in networks.items()
        for kind, told in kinds.items()
    ]
    return table(["network", "test, `ferplus-8`", "test, `ferplus-majority`", "file", "CPU a face"], rows)


def ablation_table() -> str:
    """Each idea with and without, over the seeds of both; fails where a log is missing."""

    def reached(name: str) -> list[str]:
        logs = [json.loads(ablation.log_of(name, seed).read_text(encoding="utf-8")) for seed in ablation.SEEDS]
        accuracies, losses = ([log["epochs"][-1][key] for log in logs] for key in ("valid_score", "valid_loss"))
        spread = f"{percent(min(accuracies))} to {percent(max(accuracies))}"
        commits = ", ".join(sorted({log["commit"][:7] for log in logs}))
        means = f"{percent(statistics.mean(accuracies))} ({spread})", f"{statistics.mean(losses):.3f}"
        return [*means, ", ".join(str(log["seed"]) for log in logs), commits]

    rows = [["(nothing)", *reached("base")]]
    for key, idea in ablation.IDEAS.items():
        rows.append([f"{'without' if idea.had else 'with'}: {idea.name}", *reached(key)])
    header = ["what is changed", "validation, `ferplus-8`", "validation: cross-entropy", "seeds", "commit"]
    return table(header, rows)


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

How each came to be, the oldest first; validation is of one pass. "Taught" are targets that networks before it have a part in. The
names are those of the runs, not of what ships. (Model cards name the files that taught. `mien-first`, `mien-separable` and `mien` in
the card of `mien-tiny` are the results of the runs `mien-finish-second`, `mien-separable-taught` and `mien-shown-finish`; the first two
lie in [benchmarks/teachers](../benchmarks/teachers/README.md).)

- `seed`: the recipe of the seed, one-hot labels. `seed-votes`: on the distribution of the votes, with a cosine schedule and averaged
  weights.
- `mien-residual`: residual blocks with squeeze-and-excitation from 24x24 pixels on, erasing and mixup, AdamW.
- `mien`, `mien-tiny`: at full resolution first, whole convolutions, neither mixup nor erasing, at a constant rate; `mien-finish` and
  `mien-tiny-finish` go on from there, the rate falling to nothing; `mien-second` and `mien-finish-second` do so once more.
- `mien-taught`: on from there with Muon, on faces made coarse and noisy too, half of each target from `mien-finish-second` (counted
  twice), `mien-tiny-finish` and `seed-votes`.
- `mien-separable-taught`, `mien-tiny-taught`: from nothing, with separable convolutions from 12 pixels on, three times as wide for as
  many numbers, taught by `mien-taught`.
- `mien-shown`: on from the former, on twelve copies of each picture, turned, cut, made worse, erased and blended with one another; its
  teachers (`mien-separable-taught`, `mien-finish-second`) say what they see in the very copy that it sees (Beyer et al. 2022).
  `mien-shown-finish`, `mien-tiny-shown`: on from `mien-shown` and `mien-tiny-taught`, on six copies neither erased nor blended.
  The former **ships** as `mien`. `mien-finish-second` had never seen coarse or noisy pictures, and yet was asked about them: what
  they gain on pictures as they come they pay for on bad ones (faces of 16 pixels: `mien-separable-taught` read 72.6 % of the test
  right, noise with a deviation of 25 76.6 %).
- `mien-tiny-mended`, `mien-tiny-mixed`: on from `mien-tiny-shown`, with `mien-shown-finish` as a third teacher, on eight copies that are
  made coarse and noisy only after the teachers have seen them; of the latter half are composites of two faces, and many are blended.
  Neither gained anything: the best epoch of each was its first.
- `mien-wider`: on from `mien-shown-finish`, a quarter wider at 48 and 24 pixels, on pictures blended after its teachers had seen them,
  the targets likewise: no epoch was better than its first.
- `mien-taught-again`: from nothing, as `mien-separable-taught`, by other draws and in 16 bits (`--bfloat16`), taught by
  `mien-shown-finish`, `mien-separable-taught` and `mien-finish-second`. As one teacher more it added next to
  nothing: whom the same teachers taught errs where they do.
- `mien-mended`, `mien-clearer`: on from `mien-shown-finish`, taught by it and those three, on six copies that are made coarse and noisy
  only after the teachers have seen them; for the former as many as before, for the latter a quarter of that. The former reads good
  pictures worse with every epoch; the latter's best epoch, its first, is level with `mien-shown-finish`.
- `mien-tiny-wide`: from nothing, another architecture of as many numbers: separable from the second convolution on, four times the
  channels at full resolution, no squeeze-and-excitation. In 16 bits, on six copies, fewer of them coarse and noisy (half as many as
  of `mien-mended`), taught by `mien-shown-finish`, `mien-separable-taught` and `mien-finish-second`. After 29 epochs it is where
  `mien-tiny-shown` was after all of its own. `mien-tiny-wide-finish`: on from there; it **ships** as `mien-tiny`.
- `mien-wide`: on from `mien-tiny-wide-finish`, the same architecture with up to two and a half times the channels, which is four times
  the numbers: what is new reads all that is there and is not read by the old at first, so that it begins where the other ended. The
  same copies and teachers, in 32 bits. Over a crop and its mirror image it is level with what ships on validation, which therefore
  stays. From the 30th of its 52 epochs on it learns its copies more than faces (the loss on them falls from 0.80 to 0.78,
  validation's only from 0.768 to 0.763): six copies, enough for the small one, are few. As a teacher it errs otherwise than the others.
- `mien-tiny-again`, `mien-wide-again`: on from `mien-tiny-wide-finish` and `mien-wide`, on eighteen copies, twelve of them new, taught
  by `mien-wide` too. The loss on the copies stays higher this time (0.790 and 0.780). On validation, over a crop and its mirror
  image, they are below what ships by 0.0026 +- 0.0017 and by 0.0020 +- 0.0020 (in pairs, with the standard error:
  `benchmarks/validation.py`), which does not tell them from it: what ships stays.
- `mien-whole`: on from `mien-finish-second`, whole convolutions of twice the channels, which is 2.7 million numbers, more than may ship:
  a teacher to be. On ten of those copies, taught by `mien-wide-again`, `mien-separable-taught` and `mien-finish-second`, in 16 bits. Four
  times the numbers bring it level with what ships, on validation and on test, and no further; as one teacher more it adds as little
  as `mien-taught-again` did. It taught nobody.

Test is of one pass too, but for those that teachers had a part in: these average over a crop and its mirror image, as what ships
does. Test goes by the largest share, from `mien-separable-taught` on by the likeliest label, and where rare ones are favoured
(`mien-tiny-wide` and what ships today) by these, see below and [results.md](results.md).

## What each idea is worth

Short runs of the recipe `mien-tiny` with the architecture that it had before the last row of the table: three epochs, a batch of
64, one thing changed at a time (`benchmarks/ablation.py`; logs in `benchmarks/runs/ablation/`). What such a run cannot tell is what
helps a network only once it has learned most of what it can: pictures that are changed more, a rate that falls in the end, more
channels. The first row's spread says what difference means nothing. Validation is of one pass.

{ablation_table()}

## Two numbers that mean two things

The distribution mimics how ten people vote; its temperature is fitted to the vote shares on validation. The confidence is the
chance that what is said is the label, what most of ten people would choose; and that is not always what has the largest share on
average. A multinomial logistic regression on the logarithms of the shares, fitted to the training pictures, then made less sure on
validation, says how likely each label is (Dirichlet calibration, Kull et al. 2019); it lies in the model file. What is told is the
likeliest, but that disgust, fear and contempt, which few pictures have, are told by `mien` and `mien-tiny` even where another is up
to 1.6 times as likely (logit adjustment, Menon et al. 2021, for these three alone): the recall of rare expressions rises by far more
than others lose. The confidence stays the chance of what is told. Below the confidence from which on 95 % of validation is right, a
reading is "unsure" (`--min-confidence` changes that).

{confidence_table(accuracy, networks)}

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

## Eight bits

`mien train int8` quantizes a trained network: weights by channel and activations, the ranges from training pictures. The file is
little more than a third, or less, and neither loses more than 0.3 points. But it takes longer (last
column), so that what ships is the network as it was trained.

{int8_table(results.read("int8")["networks"])}

## Beside networks that others have trained

Their own predictions on the same test pictures, and McNemar's test of ours against them. `fer-model-pd-174k` and
`fer-model-mv-174k` (github.com/vicksam/fer-model) learned from FER+, from the distributions of the votes and from majorities.
Their author's figure for the former is 87.7 %, the best of five runs, whose mean is 87.0 % with a deviation of 0.4.
`mini-xception-102` (Arriaga et al. 2017) and `face-api` (face-api.js) learned from the labels that FER2013 had before FER+.

{peers_table(accuracy, networks)}
""",
        encoding="utf-8",
    )


if __name__ == "__main__":
    main()
