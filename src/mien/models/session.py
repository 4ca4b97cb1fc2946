"""Opening a model file: bytes -> a running network and its contract."""

import os
from pathlib import Path
from typing import TypeVar

# From 1.29 on ONNX Runtime reports to Microsoft on the models that it opens, unless told not to before it is imported.
os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")

import onnxruntime

from mien.errors import ModelError
from mien.models.catalog import read_model
from mien.models.contract import ModelContract

onnxruntime.disable_telemetry_events()  # for those who imported it before us

_Contract = TypeVar("_Contract", bound=ModelContract)


def open_session(
    name_or_path: str | Path, contract: type[_Contract], *, threads: int = 1
) -> tuple[onnxruntime.InferenceSession, _Contract]:
    """The network of that name or file on the CPU, with ``threads`` threads, and what it promises.

    Raises:
        ModelError: the file is missing, damaged, or no model of mien of the ``contract``'s kind.
    """
    data = read_model(name_or_path)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.log_severity_level = 4  # what is wrong with a file is said by the ModelError
    try:
        session = onnxruntime.InferenceSession(data, options, providers=["CPUExecutionProvider"])
    except Exception as error:  # onnxruntime's exceptions share no other base
        raise ModelError(f"{name_or_path}: not a working ONNX file ({error})") from error
    return session, contract.from_metadata(session.get_modelmeta().custom_metadata_map, str(name_or_path))
