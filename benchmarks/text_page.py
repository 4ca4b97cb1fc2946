"""Writes docs/text.md from results/text.json and results/characters.json.

python benchmarks/text_page.py
"""

from pathlib import Path
from typing import Any

import matplotlib
import numpy as np
from PIL import Image, ImageDraw, ImageFont

import results
from mien import pictures
from mien.models.catalog import CHARACTER_READER, LINE_READER, read_model
from mien.models.session import open_session
from mien.models.text_contract import LineContract
from mien.text.drawing import segmentation
from mien.text.perceptron import Perceptron
from mien.text.reader import layout
from report import table

PAGE = Path(__file__).parent.parent / "docs" / "text.md"


def draw_segmentation() -> None:
    """How the shipped character reader sees two lines in a font that comes with matplotlib."""
    font = ImageFont.truetype(Path(matplotlib.get_data_path()) / "fonts" / "ttf" / "DejaVuSans.ttf", 44)
    image = Image.new("L", (900, 200), 255)
    draw = ImageDraw.Draw(image)
    for row, line in enumerate(("The quick brown Fox jumps", "over 13 Lazy dogs: a+b@c"), start=1):
        draw.text((20, 65 * row), line, fill=0, font=font, anchor="ls")
    drawing = segmentation(layout(np.asarray(image, np.uint8)), Perceptron(CHARACTER_READER))
    pictures.save(drawing, PAGE.parent / "pictures" / "segmentation.png")


def trained(perceptron: dict[str, Any]) -> list[list[str]]:
    """For each run the mean seconds, and the mean shares of characters read right where they were measured."""
    rows = []
    for name, runs in perceptron.items():
        if name != "machine":
            seconds = f"{np.mean([run['seconds'] for run in runs]):.1f}"
            shares = [
                [value for run in runs for figure, value in run.items() if figure.startswith(where) and "rounded" not in figure]
                for where in ("right but for I, l and -: the picture", ("right: 1 ", "right: 20 "), "right: 8 ")
            ]
            rows.append([f"{name}, {len(runs)} runs", seconds, *(f"{np.mean(s):.1%}" if s else "" for s in shares)])
    return rows


def main() -> None:
    """Writes the page and its picture."""
    draw_segmentation()
    told, perceptron = results.read("text"), results.read("characters")
    readers = told["readers"]
    errors = [
        [
            kind,
            str(count),
            *(f"{readers[name]['errors'][kind]['character_error']:.2%}" for name in readers),
            *(f"{readers[name]['errors'][kind]['word_error']:.1%}" for name in readers),
        ]
        for kind, count in told["n"].items()
    ]
    heads = ["pages", "n", *(f"{name}: characters" for name in readers), *(f"{name}: words" for name in readers)]
    beside = (
        f"Beside it, on the same pages, {told['tesseract'].capitalize()} (`-l vie+eng`). CPU time a page, a process a page, one thread, "
        f"start-up included: {readers['mien']['cpu_seconds']:.2f} s against {readers['tesseract']['cpu_seconds']:.2f} s, "
        f"{told['cpu_ratio']:.2f} of it."
        if "tesseract" in readers
        else "Tesseract was not installed where this was measured."
    )
    characters = [
        [name.removeprefix("right: ").replace("right but for I, l and -: ", "without I, l and -: "), f"{value:.1%}"]
        for name, value in told["characters"].items()
    ]
    model = read_model(LINE_READER)
    ngrams, megabytes = open_session(LINE_READER, LineContract)[1].ngrams, len(model) / 1e6
    PAGE.write_text(
        f"""<!-- Written by benchmarks/text_page.py; change that, not this. -->
# Reading print

```
mien read page.png                                        # to the terminal
mien read scans/ -o book.pdf                              # a PDF that can be searched; also .txt, .json, .hocr
mien read letter.pdf --json --annotate marked/            # PDF pages; words marked, doubtful ones in red
mien read --model perceptron page.bmp -o out.txt          # character by character, as the seed does it
```

```python
from mien import read

page = read("page.png")
print(page.text)
for word in page.lines[0].words:
    print(word.text, word.confidence, word.box)
```

English and Vietnamese, figures, signs, program code. PDF files need `pip install 'mien[pdf]'`. `POST /v1/text` of
[the service](service.md) answers the same as JSON, and its page has a tab for it.

## From a page to text

1. **Ink** (`text/ink.py`): the paper is a grey closing of the page; dividing by it takes light and shadow away. Light print on dark
   is turned.
2. **Skew** (`text/slant.py`): the angle, up to 12 degrees, and the keystone of a page seen from a side, at which the feet of the
   letters stand in the fewest rows. A page on its side or head is noticed because its letters are hardly legible, and tried from
   the other sides.
3. **Lines** (`text/page.py`): connected pieces of ink; columns and paragraphs by cutting through the widest white (Nagy and Seth 1984); lines at the
   peaks of the profile, each piece with its letter, each letter with its line; baseline and x-height by what most letters have.
   Lines of one size agree on an x-height, or a line of capitals would be read too small.
4. **The line reader** (`text/lines.py`): the line, its small letters 13 px high, through a convolutional network of 318,158
   parameters with connectionist temporal classification (Graves et al. 2006), 245 characters.
5. **Spelling** (`text/decoding.py`, `text/language.py`): most words are certain by their letters alone. A word in doubt is searched: of
   all texts that its columns may tell, each with all of its paths, the one that the letters and the language together make the
   likeliest (Hannun et al. 2014). The language is {ngrams:,} sequences of up to five characters from the texts of training (Witten and
   Bell 1991, pruned after Seymore and Rosenfeld 1996). A word's confidence is its share among those found. `--no-language` leaves
   it out: for serial numbers, keys and other languages.

Network and language are one file of {megabytes:.2f} MB.

## How well

The test kit is printed from fonts and texts that training never saw (`datasets/pages.py`): A4 at 300 dots an inch, and the degraded pages
at 100 to 150 with skew, uneven light, blur, noise and JPEG. Edit distance to the truth over its length, any white space as one space. "Other texts" are licences and what programs say, unlike
the manuals, help pages and code of training and of the rest of the kit.

{table(heads, errors)}

{beside}

Measure your own pages, each with its text beside it: `mien evaluate text --data pages/`.

## As the seed does it

The seed finds lines and characters, scales each to 15 x 10 cells of ink or none, and asks a perceptron (150 inputs, 500 bipolar
sigmoids, 16 outputs) for the bits of its Unicode number. It is here, trained on `mien.nn`:

```
mien train characters --image chars.bmp --text chars.txt   # the seed's way: seconds, then mien read --model runs/characters/perceptron.onnx
mien train characters --fonts 20                           # the same perceptron in twenty fonts
mien train characters --fonts 20 --geometry --outputs classes   # the one that ships
mien read --model perceptron page.bmp --show seen/         # its boxes, grids, guesses
```

![Lines, boxes, grids, guesses and how sure they are](pictures/segmentation.png)

Its delta rule sticks where an output is saturated on the wrong side; 0.05 is added to the slope of the outputs (Fahlman 1988). Bits are
read by their signs (`--rounding`) or by the nearest code that was trained. In a sans font I, l and - fill the grid alike. Four numbers of
geometry and one output a character mend most of that. The mean of some
runs that differ by their seed, the whole command timed ({perceptron["machine"]}); the nearest code of characters that stand apart:

{table(["trained on", "seconds", "its own characters but I, l, -", "other sizes", "8 fonts never seen"], trained(perceptron))}

The shipped one:

{table(["characters read right", ""], characters)}

## Train the line reader

Lines are printed anew for every step, in the fonts installed on the machine (`datasets/fonts.py`, `datasets/corpora.py` name the Debian
packages and their licences):

```
mien train lines --threads 1            # 24 epochs, three minutes each on one core; resumes
mien train lines --begin-with runs/lines/checkpoint.pt --run runs/lines2
torchrun --standalone --nproc-per-node 2 -m -- mien.cli.main train lines --threads 1 --epochs 50   # two cores, two minutes an epoch
```

The network that ships was trained in three runs, each begun with the weights of the one before: 14 epochs on harder print
(`benchmarks/runs/lines-first.json`), 21 on legible print (`lines-second.json`), 45 of a planned 50 (`lines.json`), of which the
best is kept. Blur, noise and faint print beyond what a person could read had drowned what could be learned: one epoch on legible
print halved the error on every kind of page. The language model is counted at the end, in seconds.
"""
    )


if __name__ == "__main__":
    main()
