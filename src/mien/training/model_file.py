"""Any graph with its contract, as one file."""

from pathlib import Path

import onnx

from mien.files import replacing
from mien.models.contract import ModelContract


def write_model(model: onnx.ModelProto, contract: ModelContract, path: Path) -> None:
    """Writes the graph with the contract in its metadata, whole or not at all."""
    onnx.helper.set_model_props(model, contract.to_metadata())
    onnx.checker.check_model(model, full_check=True)
    with replacing(path) as partial:
        partial.write_bytes(model.SerializeToString())
