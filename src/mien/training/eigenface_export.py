"""Eigenface readers -> ONNX graphs under the same contract as the convolutional networks."""

from typing import Final

import numpy as np
import onnx
from numpy.typing import NDArray

from mien.evaluation.eigenface_plots import TreeNodes
from mien.faces.crop import CROP_SIDE
from mien.faces.expressions import EXPRESSIONS
from mien.models.contract import Preparation
from mien.nn import Softmax
from mien.training.eigenface_perceptron import EigenfacePerceptron
from mien.training.eigenface_tree import EigenfaceTree
from mien.training.eigenfaces import FLAT, PIXELS, Eigenfaces, prepared
from mien.training.engine_export import ML_DOMAIN, Graph, write_layers

# The floor of a share, for its logarithm.
_LEAST_SHARE: Final = 1e-3


def eigenface_to_onnx(reader: EigenfacePerceptron | EigenfaceTree) -> onnx.ModelProto:
    """Crops (n, 1, 48, 48) in 0..1, equalised before where the preparation says so, to logits (n, 8)."""
    graph = Graph("crops")
    _write_features(reader.eigenfaces, graph)
    if isinstance(reader, EigenfaceTree):
        _write_tree(reader, graph)
        graph.add("Max", np.array(_LEAST_SHARE, np.float32))
        graph.add("Log")
    elif isinstance(reader.network.layers[-1], Softmax):
        write_layers(reader.network.layers[:-1], graph)
    else:
        write_layers(reader.network.layers, graph)
        graph.add("Log")  # its soft-max is the outputs brought to the sum 1
    return graph.finished(np.dtype(np.float32), [1, CROP_SIDE, CROP_SIDE], "logits", [len(EXPRESSIONS)])


def eigenfaces_of(model: onnx.ModelProto, crops: NDArray[np.uint8], *, equalize: bool) -> Eigenfaces:
    """The eigenfaces in a graph that ``eigenface_to_onnx`` wrote; ``crops`` (n, 48, 48) tell the variance of all pixels."""
    constants = {tensor.name: onnx.numpy_helper.to_array(tensor) for tensor in model.graph.initializer}
    inputs = {node.op_type: node.input for node in reversed(model.graph.node)}
    scaled = constants[inputs["MatMul"][1]].T
    lengths = np.linalg.norm(scaled, axis=1)  # each component was divided by its standard deviation
    preparation: Preparation = "equalize" if equalize else "standardize" if "LayerNormalization" in inputs else "none"
    total = float(prepared(crops, preparation).var(axis=0).sum())
    return Eigenfaces(preparation, constants[inputs["Sub"][1]], scaled / lengths[:, None], lengths**-2, total)


def tree_of(model: onnx.ModelProto) -> TreeNodes:
    """The tree in a graph that ``eigenface_to_onnx`` wrote."""
    (node,) = (node for node in model.graph.node if node.domain == ML_DOMAIN)
    told = {attribute.name: onnx.helper.get_attribute_value(attribute) for attribute in node.attribute}
    left, right = np.array(told["nodes_truenodeids"]), np.array(told["nodes_falsenodeids"])
    leaf = np.array(told["nodes_modes"]) == b"LEAF"
    shares = np.zeros((len(leaf), len(EXPRESSIONS)))
    shares[np.array(told["target_nodeids"]), np.array(told["target_ids"])] = told["target_weights"]
    thresholds, features = np.array(told["nodes_values"]), np.array(told["nodes_featureids"])
    return TreeNodes(np.where(leaf, -1, features), thresholds, np.where(leaf, -1, left), np.where(leaf, -1, right), shares)


def _write_features(eigenfaces: Eigenfaces, graph: Graph) -> None:
    graph.add("Reshape", np.array([-1, PIXELS], np.int64))
    if eigenfaces.preparation == "standardize":
        graph.add("LayerNormalization", np.ones(PIXELS, np.float32), axis=1, epsilon=FLAT)
    graph.add("Sub", eigenfaces.mean)
    graph.add("MatMul", np.asarray((eigenfaces.components / np.sqrt(eigenfaces.variance)[:, None]).T, np.float32))


def _write_tree(reader: EigenfaceTree, graph: Graph) -> None:
    """The tree as ONNX's ensemble of one; a leaf adds its shares to the outputs."""
    tree, classes = reader.tree.tree_, reader.tree.classes_
    leaf = tree.children_left < 0
    leaves = np.flatnonzero(leaf)
    shares = tree.value[leaves, 0] / tree.value[leaves, 0].sum(axis=1, keepdims=True)
    # ONNX holds thresholds as float32; rounded down, a feature is below them exactly when it is below scikit-learn's.
    thresholds = tree.threshold.astype(np.float32)
    thresholds = np.where(thresholds > tree.threshold, np.nextafter(thresholds, np.float32(-np.inf)), thresholds)
    graph.add(
        "TreeEnsembleRegressor",
        domain=ML_DOMAIN,
        n_targets=len(EXPRESSIONS),
        nodes_treeids=[0] * tree.node_count,
        nodes_nodeids=list(range(tree.node_count)),
        nodes_featureids=np.where(leaf, 0, tree.feature).tolist(),
        nodes_modes=np.where(leaf, "LEAF", "BRANCH_LEQ").tolist(),
        nodes_values=np.where(leaf, 0, thresholds).tolist(),
        nodes_truenodeids=np.where(leaf, 0, tree.children_left).tolist(),
        nodes_falsenodeids=np.where(leaf, 0, tree.children_right).tolist(),
        target_treeids=[0] * shares.size,
        target_nodeids=np.repeat(leaves, len(classes)).tolist(),
        target_ids=np.tile(classes, len(leaves)).tolist(),
        target_weights=shares.flatten().tolist(),
    )
