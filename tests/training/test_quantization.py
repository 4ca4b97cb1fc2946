from pathlib import Path

import numpy as np

from mien import look
from mien.models.catalog import CATALOG
from mien.training.quantization import quantize_expression


def test_eight_bits_say_what_the_whole_network_says_in_a_third_of_the_room(
    small_ferplus: Path, tmp_path: Path, demo: Path
) -> None:
    path, contract = quantize_expression("seed", small_ferplus, tmp_path)
    assert (path.name, contract.name) == ("seed-int8.onnx", "seed-int8")
    assert path.stat().st_size < CATALOG["seed"].path.stat().st_size / 3
    (whole,), (eighth,) = look(demo, model="seed"), look(demo, model=path)
    assert whole.reading and eighth.reading
    # The temperature is fitted anew, to toy data here: the order of the expressions must stand.
    assert np.argmax(eighth.reading.distribution) == np.argmax(whole.reading.distribution)
    assert path.with_suffix(".md").is_file()
