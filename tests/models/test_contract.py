import json
from dataclasses import replace

import pytest

from mien.errors import ModelError
from mien.models.contract import Accuracy, Contract, CropRule

CONTRACT = Contract(
    name="n",
    version="1",
    licence="MIT",
    training_data="ours, ảnh",
    parameters=3,
    colour="grey",
    scaling=255.0,
    crop=CropRule(48, 1.0, 0.0, 0.1),
    labels=("a", "b"),
    temperature=1.5,
    accuracies=(Accuracy("p", 0.8, 0.7, 0.9, 100),),
)


def test_the_metadata_give_the_contract_back() -> None:
    assert Contract.from_metadata(CONTRACT.to_metadata(), "x.onnx") == CONTRACT
    empty = replace(CONTRACT, accuracies=())
    assert Contract.from_metadata(empty.to_metadata(), "x.onnx") == empty


def test_a_foreign_file_is_refused() -> None:
    with pytest.raises(ModelError, match=r"x\.onnx: not a model of mien"):
        Contract.from_metadata({"other": "1"}, "x.onnx")


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("temperature", 0),
        ("temperature", float("nan")),
        ("temperature", -1),
        ("temperature", "x"),
        ("scaling", None),
        ("scaling", 0),
        ("labels", [1, 2]),
        ("parameters", 1.5),
        ("crop", {"side": 48, "margin": -1, "offset_x": 0, "offset_y": 0}),
        ("crop", {"side": 48, "margin": 1e9, "offset_x": 0, "offset_y": 0}),
        ("crop", {"side": 48.5, "margin": 1, "offset_x": 0, "offset_y": 0}),
        ("accuracies", [{"protocol": "p", "accuracy": "z", "low": 0, "high": 1, "n": 5}]),
        ("accuracies", [{"protocol": "p", "accuracy": 2, "low": 0, "high": 1, "n": 5}]),
    ],
)
def test_values_that_cannot_be_are_refused(field: str, value: object) -> None:
    changed = {"mien": json.dumps(CONTRACT.to_json() | {field: value})}
    with pytest.raises(ModelError, match=r"x\.onnx: its contract is damaged"):
        Contract.from_metadata(changed, "x.onnx")


@pytest.mark.parametrize(
    "broken", ["", "[]", "{}", "null", json.dumps({"crop": 1}), CONTRACT.to_metadata()["mien"].replace("margin", "m")]
)
def test_a_damaged_contract_is_refused(broken: str) -> None:
    with pytest.raises(ModelError, match=r"x\.onnx: its contract is damaged"):
        Contract.from_metadata({"mien": broken}, "x.onnx")
