"""Writes docs/results.md from the figures under benchmarks/results/.

python benchmarks/report.py
"""

import json
from pathlib import Path
from typing import Any

import results
from mien.evaluation.protocols import PROTOCOLS

PAGE = Path(__file__).parent.parent / "docs" / "results.md"


def percent(value: float | None) -> str:
    """A fraction as a percentage, or a dash."""
    return "-" if value is None else f"{100 * value:.1f} %"


def table(header: list[str], rows: list[list[str]]) -> str:
    """A Markdown table."""
    return "\n".join("| " + " | ".join(row) + " |" for row in [header, ["---"] * len(header), *rows])


def accuracy_section(models: dict[str, dict[str, Any]]) -> str:
    """Figures of every network under every protocol, and its pictures."""
    header = ["network", "protocol", "n", "accuracy (95 % interval)", "macro recall", "macro F1", "cross-entropy"]
    header += ["calibration: votes", "calibration: right"]
    rows = [
        [
            name,
            f"`{protocol}`",
            f"{e['n']:,}",
            f"**{percent(e['accuracy'])}** ({percent(e['interval'][0])} to {percent(e['interval'][1])})",
            percent(e["macro_recall"]),
            percent(e["macro_f1"]),
            f"{e['cross_entropy']:.3f}",
            f"{e['distribution_calibration']:.3f}",
            f"{e['confidence_calibration']:.3f}",
        ]
        for name, protocols in models.items()
        for protocol, e in protocols.items()
    ]
    labels = next(iter(models.values()))["ferplus-8"]["labels"]
    recalls = [[name, *(percent(p["ferplus-8"]["recall"][label]) for label in labels)] for name, p in models.items()]
    pictures = "\n\n".join(
        f"![Confusion matrix of {name}](pictures/{name}-confusion.png)\n\n"
        f"![Reliability diagram of {name}](pictures/{name}-reliability.png)"
        for name in models
    )
    return "\n\n".join(
        [table(header, rows), "Recall by expression, `ferplus-8`:", table(["network", *labels], recalls), pictures]
    )


def runs_section() -> str:
    """The logged training runs of networks, each with what it reached."""
    rows = []
    for path in sorted((Path(__file__).parent / "runs").glob("*.json")):
        log = json.loads(path.read_text(encoding="utf-8"))
        if "architecture" not in log["recipe"]:
            continue  # the detector's
        test = {a["protocol"]: a["accuracy"] for a in log["test"]}
        reached = next(epoch for epoch in log["epochs"] if epoch["epoch"] == log["best_epoch"])
        counts = [str(len(log["epochs"])), str(log["best_epoch"]), f"{reached['valid_loss']:.3f}"]
        counts.append(percent(log.get("best_valid_score", log.get("best_valid_accuracy"))))
        tested = [percent(test.get(name)) for name in PROTOCOLS]
        rows.append([f"`{path.stem}`", log["recipe"]["architecture"], log["commit"][:7], str(log["seed"]), *counts, *tested])
    header = ["run", "architecture", "commit", "seed", "epochs", "best", "validation: cross-entropy", "validation, `ferplus-8`"]
    header += [f"test, `{name}`" for name in PROTOCOLS]
    return table(header, rows)


def speed_section(speed: dict[str, Any], memory: dict[str, Any], mutated: dict[str, Any]) -> str:
    """Speed as ratios, and what memory and hostile files do."""
    faces = {name: value for name, value in speed["faces"].items() if isinstance(value, dict)}
    rows = [[name, f"{value['ms']:.2f}", f"{value['ratio']:.3f}"] for name, value in faces.items()]
    peaks = ", ".join(f"{mb:.0f} MB for {count}" for count, mb in memory["peak MB"].items())
    return "\n\n".join(
        [
            table(["network", "CPU ms a face", "ratio to VGG13"], rows),
            "VGG13 is the network of the FER+ paper (8.76 M parameters, 64x64 input) with random weights, in the same run.",
            (
                f"- `look` of a 640x480 picture with one face, one thread: {speed['look 640x480 ms']:.0f} ms of CPU.\n"
                f"- `import mien` beyond NumPy: {speed['import ms beyond NumPy']:.1f} ms.\n"
                f"- Peak memory of `mien look` over folders: {peaks} pictures.\n"
                f"- {mutated['files']:,} damaged picture files: {mutated['read']:,} still read, "
                f"{mutated['refused and named']:,} refused by name, {mutated['crashes']} crashes."
            ),
        ]
    )


def detector_section(told: dict[str, Any], pipeline: dict[str, Any]) -> str:
    """Our face detector beside OpenCV's cascade, and the whole way from picture to expression."""
    names = list(told["accuracy"])
    lines = {
        "crowd: recall of faces of 40 px and more": ("crowd", "recall"),
        "crowd: precision": ("crowd", "precision"),
        "crowd: recall where precision is 90 %": ("crowd", "recall_at_90_precision"),
        "held out, photos of one face: it and nothing else was found": ("heldout", "found_once"),
        "held out, landmark error / face width": ("heldout", "landmark_error"),
    }
    rows = [[what, *(percent(told["accuracy"][n][split][key]) for n in names)] for what, (split, key) in lines.items()]
    alarms = [f"{told['accuracy'][n]['heldout']['false_alarms']:.3f}" for n in names]
    rows += [["held out, false alarms a photo without faces", *alarms]]
    rows += [[f"CPU ms for {size}, one thread", *(f"{ms[n]:.1f}" for n in names)] for size, ms in told["cpu_ms"].items()]
    ways = [
        [name, *(percent(way[key]) for key in ("found", "on_found", "direct_on_found", "all"))]
        for name, way in pipeline["detectors"].items()
    ]
    side = pipeline["side"]
    return "\n\n".join(
        [
            table(["", *(f"`{n}`" for n in names)], rows),
            (
                f"The whole way, `{pipeline['model']}`: FER+ test faces enlarged to {side} px on a canvas of {2 * side}, "
                f"found, cropped and read, `ferplus-8`, n = {pipeline['n']:,}; read directly: {percent(_direct(pipeline))}."
            ),
            table(["detector", "found", "right of those found", "the same, read directly", "right of all"], ways),
        ]
    )


def _direct(pipeline: dict[str, Any]) -> float:
    value: float = next(iter(pipeline["detectors"].values()))["direct"]
    return value


def engine_section(engine: dict[str, Any]) -> str:
    """The hand-written engine against scikit-learn and torch."""
    seconds, allocated = engine["ten epochs, CPU seconds"], engine["bytes allocated"]
    rows = [[name, f"{value:.2f}", f"{value / seconds['mien']:.2f}"] for name, value in seconds.items()]
    updates = engine["updates a second, one pattern each"]
    facts = [
        (
            f"- One pattern at a time, plain SGD: {updates['mien']:,.0f} updates a second, torch {updates['torch']:,.0f}: "
            f"{updates['mien'] / updates['torch']:.1f} times as many."
        ),
        (
            f"- Memory that 50 steps leave allocated after the first: {allocated['left by 50 steps']} bytes; "
            f"at the peak within them {allocated['peak within them']:,}, where the batch itself has {allocated['one batch']:,}."
        ),
    ]
    head = "A 150-500-16 network, 20,000 rows, batch 200, Adam, ten epochs, one thread, all in one run."
    return "\n\n".join([head, table(["engine", "CPU seconds", "times mien's"], rows), "\n".join(facts)])


def video_section(video: dict[str, Any]) -> str:
    """Ten minutes of video, and faces that cross."""
    told, crossed = video["watch"], video.get("crossings")
    watched = (
        "- `mien watch`, ten minutes of 640x480 at 30 frames a second, ten a second read, one to three faces, two cores: "
        f"{told['seconds']:.0f} s, **{told['times_real']:.1f} times real time**; at most {told['memory_mb']:.0f} MB of memory, "
        f"which moves by {told['memory_moved_mb']:.0f} MB after the first tenth."
    )
    facts = [watched]
    if crossed:
        facts.append(
            f"- {crossed['n']} crossings of two faces (drawn speed and angle; half of them behind a post for a while): numbers "
            f"swapped in {crossed['swapped']}, a new number in {crossed['with a new number']}."
        )
    facts.append("- Many pictures: [scale.md](scale.md).")
    return "\n".join(facts)


def service_section(told: dict[str, Any]) -> str:
    """What HTTP adds, a crowd of clients, hostile requests."""
    one, soak, hostile = told["one"], told["soak"], told["hostile"]
    return f"""Pictures of {told["pictures"]}.

- One over HTTP: {one["http_ms"]:.1f} ms, {one["ratio"]:.2f} times `look()` in process.
- {soak["clients"]} clients for {soak["seconds"]:.0f} s on one core, the service on the other: {percent(soak["answered"])}
  answered, {soak["of_library"]:.2f} of the pictures a second that the library alone reads on that core; median
  {soak["median_s"]:.2f} s, 99th percentile {soak["p99_of_median"]:.1f} times that; memory grew by
  {soak["memory_growth_mb"]:.1f} MB after the first tenth.
- {hostile["requests"]:,} hostile requests: {hostile["in_the_500s"]} answers in the 500s, {hostile["tracebacks"]}
  tracebacks, {hostile["files_written"]} files written."""


def text_section(told: dict[str, Any]) -> str:
    """The character error of each reader of text on each kind of page."""
    readers = told["readers"]
    rows = [
        [kind, str(count), *(f"{readers[name]['errors'][kind]['character_error']:.2%}" for name in readers)]
        for kind, count in told["n"].items()
    ]
    return table(["character error on pages", "n", *readers], rows)


def measured_on(*names: str) -> str:
    """On which machine the figures of these benchmarks were taken."""
    machines = dict.fromkeys(results.read(name)["machine"] for name in names)
    return f"Measured on {'; '.join(machines)}."


def main() -> None:
    """Writes the page."""
    accuracy = results.read("accuracy")
    speed = results.read("speed")
    protocols = "\n".join(f"- `{p.name}`: {p.rule}." for p in PROTOCOLS.values())
    page = f"""# Results

Generated by `make bench`; do not edit. Times of different sections are of different days and pictures: compare within one.

## Accuracy on FER+ test

{protocols}

Cross-entropy is in nats against the votes (the least possible under `ferplus-8` is 0.510). Calibration errors, 15 bins:
of the probability against the vote share, and of the confidence against being right. To compare, under
`ferplus-8` / `ferplus-majority`: one rater against the other nine 70.7 % / 77.3 %; a second panel of ten people
84.6 % / 89.1 % (on other pictures: those of all splits that FER+ had labelled twice, 2,350 pairs).

{accuracy_section(accuracy["models"])}

![Labels of the three splits](pictures/labels.png)

More about them: [network.md](network.md). Classical readers beside them: [classical.md](classical.md).

## Face detection

{measured_on("detector", "pipeline")}

{detector_section(results.read("detector"), results.read("pipeline"))}

## Video and many pictures

{measured_on("video")}

{video_section(results.read("video"))}

## The service

{measured_on("service")}

{service_section(results.read("service"))}

## Printed text

{text_section(results.read("text"))}

More about it: [text.md](text.md).

## Speed, memory, hostile files

{measured_on("speed", "memory", "mutated_files")}

{speed_section(speed, results.read("memory"), results.read("mutated_files"))}

## The engine `mien.nn`

{measured_on("backprop")}

{engine_section(results.read("backprop"))}
"""
    PAGE.write_text(page, encoding="utf-8")
    print(PAGE)


if __name__ == "__main__":
    main()
