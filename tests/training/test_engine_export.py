import numpy as np
import onnxruntime
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mien.nn import LAYERS, BatchNorm, Dense, Network, Tanh
from mien.training.engine_export import engine_to_onnx


@pytest.mark.parametrize("name", LAYERS)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@settings(max_examples=5)
@given(n=st.integers(1, 6), seed=st.integers(0, 99))
def test_onnx_runtime_gives_what_the_engine_gives(name: str, dtype: type, n: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    layer = Dense(3) if name == "Dense" else LAYERS[name]()
    network = Network(4, [Dense(5), BatchNorm(), Tanh(), layer, Dense(2)], rng=rng, dtype=dtype)
    network.forward(rng.normal(size=(20, 4)), training=True)
    x = rng.normal(size=(n, 4)).astype(dtype)
    session = onnxruntime.InferenceSession(engine_to_onnx(network).SerializeToString(), providers=["CPUExecutionProvider"])
    (got,) = session.run(None, {"x": x})
    np.testing.assert_allclose(got, network.predict(x), atol=1e-5 if dtype == np.float32 else 1e-9)
