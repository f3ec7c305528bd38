#!/usr/bin/env bash
# OpenVINO adds a row and a column of -3.4e38 to the MaxPool of an ONNX model with ceil_mode, and to its AveragePool none.
#
# Version:    openvino 2026.4.1, onnxruntime 1.32.0, onnx 1.23.2, numpy 2.4.6 (PyPI), seen on 2026-12-01
# The guess:  MaxPool and AveragePool with the same attributes give outputs of one shape, the one that the model declares.
#             With ceil_mode a window may hang over the border, but not begin beyond the input, as in PyTorch: the text of
#             opset 22, unlike the earlier ones, says that windows which would start in the padding behind the input are
#             ignored.
# What is so: for AveragePool OpenVINO leaves such windows out. For MaxPool it keeps them: they are empty, and their maximum
#             is the lowest float. The declared shape of the output is replaced in silence when the model is read, and what
#             follows takes these numbers for activations, which a ReLU hides. AveragePool has the right shape, but with
#             count_include_pad a window over the border is divided by all its cells, those beyond the padding too, where
#             ONNX Runtime and ONNX's own evaluator divide by those inside.
# Seen:       6 × 6, kernel 2, stride 3, ceil_mode 1: MaxPool 3 × 3 with five cells of -3.4028235e38, declared as 2 × 2,
#             which ONNX Runtime gives; AveragePool 2 × 2 in both. Ones, 6 × 6, kernel 3, stride 2, padding 1,
#             count_include_pad: the last corner, with one 1 in it, is 1/9 in OpenVINO, 1/4 in ONNX Runtime.
# What helps: pad with a Pad node and pool with ceil_mode 0, and compare the shapes of the read model with the declared
#             ones.
#
# Fails when this is no longer so. Run by hand.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check \
    openvino==2026.4.1 onnxruntime==1.32.0 onnx==1.23.2 numpy==2.4.6

cat >"$folder/pools.py" <<'PYTHON'
import numpy
import onnx
import onnxruntime
import openvino
from onnx import TensorProto, helper
from onnx.reference import ReferenceEvaluator


def pooled(kind, cells, **attributes):
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
    bytes = checked.SerializeToString()
    session = onnxruntime.InferenceSession(bytes, providers=["CPUExecutionProvider"])
    runtime = session.run(None, {"x": cells})[0]
    evaluator = ReferenceEvaluator(checked).run(None, {"x": cells})[0]
    core = openvino.Core()
    compiled = core.compile_model(core.read_model(bytes), "CPU", {"INFERENCE_PRECISION_HINT": "f32"})
    vino = compiled({"x": cells})[compiled.output(0)]
    print(f"{kind}, {attributes}: declared {shape}, ONNX Runtime {runtime.shape}, OpenVINO {vino.shape}")
    assert runtime.shape == evaluator.shape == shape and numpy.allclose(runtime, evaluator)
    return runtime[0, 0], vino[0, 0]


ramp = numpy.arange(36, dtype=numpy.float32).reshape(1, 1, 6, 6) - 100
runtime, vino = pooled("MaxPool", ramp, kernel_shape=[2, 2], strides=[3, 3], ceil_mode=1)
print(vino)
assert runtime.shape == (2, 2) and vino.shape == (3, 3) and numpy.array_equal(vino[:2, :2], runtime)
empty = numpy.ones((3, 3), bool)
empty[:2, :2] = False
assert (vino[empty] == numpy.finfo(numpy.float32).min).all()
runtime, vino = pooled("AveragePool", ramp, kernel_shape=[2, 2], strides=[3, 3], ceil_mode=1)
assert runtime.shape == vino.shape == (2, 2) and numpy.allclose(runtime, vino)
ones = numpy.ones((1, 1, 6, 6), numpy.float32)
attributes = dict(kernel_shape=[3, 3], strides=[2, 2], pads=[1, 1, 1, 1], ceil_mode=1, count_include_pad=1)
runtime, vino = pooled("AveragePool", ones, **attributes)
print(f"last corner of ones: ONNX Runtime {runtime[-1, -1]}, OpenVINO {vino[-1, -1]}")
assert runtime.shape == vino.shape == (4, 4) and numpy.allclose([runtime[-1, -1], vino[-1, -1]], [1 / 4, 1 / 9])
PYTHON

"$folder/venv/bin/python" "$folder/pools.py" || {
    echo "this has changed: OpenVINO is expected to keep windows that begin beyond the input" >&2
    exit 1
}
