#!/usr/bin/env bash
# ONNX's own reference evaluator pools otherwise than ONNX's own shape inference: it pads another axis, or another end.
#
# Version:    onnx 1.23.2, onnxruntime 1.32.0, numpy 2.4.6 (PyPI), seen on 2026-12-01
# The guess:  onnx.reference is slow and right: where a runtime differs from it on a valid model, the runtime is wrong.
# What is so: for MaxPool with all strides and dilations 1 the evaluator takes other code than for the rest. That reads pads
#             as pairs, top and bottom, left and right, where the standard has all beginnings first and then all ends.
#             Padding that is not equal on all sides goes to other sides, even in the shape of the output, and with
#             ceil_mode the output grows by rows of zeros. For AveragePool with ceil_mode, a window that hangs over the end
#             moves all windows: half of the overhang is padded before the beginning. The checker and strict shape inference
#             accept these models, and ONNX Runtime computes what they say.
# Seen:       MaxPool 2 × 2 of 6 × 6 with pads 0 0 1 1: declared and in ONNX Runtime 6 × 6, in the evaluator 5 × 7. MaxPool
#             3 × 3 with pads 1 1 1 1 and ceil_mode: 6 × 6, in the evaluator 8 × 8. AveragePool 3 × 3, stride 3, of 7 × 7
#             with ceil_mode: the first window of a ramp has the mean 9, in the evaluator 5, which is that of its first 2 ×
#             2 cells.
# What helps: take a disagreement with the evaluator for a question, and ask a second runtime. With stride 2 MaxPool is
#             right.
#
# Fails when this is no longer so. Run by hand.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check onnx==1.23.2 onnxruntime==1.32.0 numpy==2.4.6

cat >"$folder/pools.py" <<'PYTHON'
import numpy
import onnx
import onnxruntime
from onnx import TensorProto, helper
from onnx.reference import ReferenceEvaluator


def pooled(kind, size, **attributes):
    cells = numpy.arange(1, size * size + 1, dtype=numpy.float32).reshape(1, 1, size, size)

    def model(shape):
        graph = helper.make_graph(
            [helper.make_node(kind, ["x"], ["y"], **attributes)],
            "pool",
            [helper.make_tensor_value_info("x", TensorProto.FLOAT, cells.shape)],
            [helper.make_tensor_value_info("y", TensorProto.FLOAT, shape)],
        )
        return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 22)], ir_version=10)

    inferred = onnx.shape_inference.infer_shapes(model(None), strict_mode=True).graph.output[0].type.tensor_type.shape
    shape = tuple(dimension.dim_value for dimension in inferred.dim)
    checked = model(shape)
    onnx.checker.check_model(checked, full_check=True)
    session = onnxruntime.InferenceSession(checked.SerializeToString(), providers=["CPUExecutionProvider"])
    runtime = session.run(None, {"x": cells})[0]
    evaluator = ReferenceEvaluator(checked).run(None, {"x": cells})[0]
    print(f"{kind}, {attributes}: declared {shape}, ONNX Runtime {runtime.shape}, evaluator {evaluator.shape}")
    assert runtime.shape == shape
    return cells[0, 0], runtime[0, 0], evaluator[0, 0]


cells, runtime, evaluator = pooled("MaxPool", 6, kernel_shape=[2, 2], pads=[0, 0, 1, 1])
later = numpy.minimum(numpy.arange(6) + 1, 5)
assert numpy.array_equal(runtime, cells[numpy.ix_(later, later)])
assert evaluator.shape == (5, 7)
cells, runtime, evaluator = pooled("MaxPool", 6, kernel_shape=[2, 2], pads=[0, 0, 1, 1], strides=[2, 2])
assert numpy.array_equal(runtime, evaluator)
cells, runtime, evaluator = pooled("MaxPool", 6, kernel_shape=[3, 3], pads=[1, 1, 1, 1])
assert numpy.array_equal(runtime, evaluator)
cells, runtime, evaluator = pooled("MaxPool", 6, kernel_shape=[3, 3], pads=[1, 1, 1, 1], ceil_mode=1)
assert runtime.shape == (6, 6) and evaluator.shape == (8, 8)
assert (evaluator[6:] == 0).all() and numpy.array_equal(evaluator[:6, :6], runtime)
cells, runtime, evaluator = pooled("AveragePool", 7, kernel_shape=[3, 3], strides=[3, 3], ceil_mode=1)
print(f"first window: ONNX Runtime {runtime[0, 0]}, evaluator {evaluator[0, 0]}")
assert runtime.shape == evaluator.shape == (3, 3)
assert numpy.isclose(runtime[0, 0], cells[:3, :3].mean()) and numpy.isclose(evaluator[0, 0], cells[:2, :2].mean())
PYTHON

"$folder/venv/bin/python" "$folder/pools.py" || {
    echo "this has changed: the evaluator is expected to pad other axes or ends than the model says" >&2
    exit 1
}
