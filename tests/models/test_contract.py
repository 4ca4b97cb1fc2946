import json
from dataclasses import replace

import pytest

from mien.errors import ModelError
from mien.models.contract import Accuracy, Confidence, Contract, CropRule, DetectorContract

CONTRACT = Contract(
    name="n",
    version="1",
    licence="MIT",
    training_data="ours, ảnh",
    parameters=3,
    colour="grey",
    scaling=255.0,
    equalize=False,
    crop=CropRule(48, 1.0, 0.0, 0.1, True),
    labels=("a", "b"),
    temperature=1.5,
    confidence=Confidence(((1.5, 0.1), (0.0, 1.0)), (0.1, -0.2), floor=0.001, favour=(0.0, 0.5), least=0.8),
    accuracies=(Accuracy("p", 0.8, 0.7, 0.9, 100),),
)
CONFIDENCE = {"weights": [[1, 0], [0, 1]], "offsets": [0, 0], "floor": 0.001, "least": 0.5}


def test_the_metadata_give_the_contract_back() -> None:
    assert Contract.from_metadata(CONTRACT.to_metadata(), "x.onnx") == CONTRACT
    empty = replace(CONTRACT, accuracies=())
    assert Contract.from_metadata(empty.to_metadata(), "x.onnx") == empty


def test_a_file_that_says_nothing_of_favour_has_none() -> None:
    told = {"mien": json.dumps({"kind": "classifier"} | CONTRACT.to_json() | {"confidence": CONFIDENCE})}
    assert Contract.from_metadata(told, "x.onnx").confidence.favour == (0, 0)


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
        ("crop", {"side": 48, "margin": -1, "offset_x": 0, "offset_y": 0, "upright": True}),
        ("crop", {"side": 48, "margin": 1e9, "offset_x": 0, "offset_y": 0, "upright": True}),
        ("crop", {"side": 48.5, "margin": 1, "offset_x": 0, "offset_y": 0, "upright": True}),
        ("crop", {"side": 48, "margin": 1, "offset_x": 0, "offset_y": 0, "upright": "no"}),
        ("confidence", CONFIDENCE | {"least": 2}),
        ("confidence", CONFIDENCE | {"floor": 0}),
        ("confidence", CONFIDENCE | {"offsets": [float("inf"), 0]}),
        ("confidence", CONFIDENCE | {"weights": [[1, 0], [0, float("nan")]]}),
        ("confidence", CONFIDENCE | {"weights": [[1, 0], [0]]}),
        ("confidence", CONFIDENCE | {"weights": [[1]], "offsets": [0]}),
        ("confidence", CONFIDENCE | {"weights": 1}),
        ("confidence", CONFIDENCE | {"favour": [0]}),
        ("confidence", CONFIDENCE | {"favour": [0, float("nan")]}),
        ("equalize", 1),
        ("accuracies", [{"protocol": "p", "accuracy": "z", "low": 0, "high": 1, "n": 5}]),
        ("accuracies", [{"protocol": "p", "accuracy": 2, "low": 0, "high": 1, "n": 5}]),
    ],
)
def test_values_that_cannot_be_are_refused(field: str, value: object) -> None:
    changed = {"mien": json.dumps({"kind": "classifier"} | CONTRACT.to_json() | {field: value})}
    with pytest.raises(ModelError, match=r"x\.onnx: its contract is damaged"):
        Contract.from_metadata(changed, "x.onnx")


@pytest.mark.parametrize(
    "broken", ["", "[]", "{}", "null", json.dumps({"crop": 1}), CONTRACT.to_metadata()["mien"].replace("margin", "m")]
)
def test_a_damaged_contract_is_refused(broken: str) -> None:
    with pytest.raises(ModelError, match=r"x\.onnx: its contract is damaged"):
        Contract.from_metadata({"mien": broken}, "x.onnx")


def test_a_file_of_another_kind_is_refused_by_its_kind() -> None:
    detector = DetectorContract(
        name="d",
        version="1",
        licence="MIT",
        training_data="ours",
        parameters=3,
        multiple=32,
        smallest=24.0,
        threshold=0.5,
        figures={"found": 0.9},
    )
    assert DetectorContract.from_metadata(detector.to_metadata(), "x.onnx") == detector
    with pytest.raises(ModelError, match=r"x\.onnx: expected a classifier, got a detector"):
        Contract.from_metadata(detector.to_metadata(), "x.onnx")
