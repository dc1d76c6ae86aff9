"""A window larger than the input is refused or has an empty result.

Refusing such a window is as sound as an empty result. But here it depends on the operator and the stride.
"""

# /// script
# dependencies = ["onnx==1.23.2"]
#
# [tool.poolproof]
# kind = "convention"
# class = "robustness"
# conventions = ["window-too-large"]
# upstream = "none found"
# prints = '''
# AveragePool 1 (1, 1, 0)
# MaxPool 2 (1, 1, 0)
# MaxPool 1 RuntimeError: output shape cannot be null or negative
# '''
# expected = '''
# AveragePool 1 (1, 1, 0)
# MaxPool 2 (1, 1, 0)
# MaxPool 1 (1, 1, 0)
# '''
# ///

import numpy as np
from onnx.helper import make_node
from onnx.reference import ReferenceEvaluator

for operator, stride in (("AveragePool", 1), ("MaxPool", 2), ("MaxPool", 1)):
    node = make_node(operator, ["x"], ["y"], kernel_shape=[3], strides=[stride])
    try:
        print(operator, stride, ReferenceEvaluator(node).run(None, {"x": np.ones((1, 1, 2))})[0].shape)
    except RuntimeError as error:
        print(operator, stride, "RuntimeError:", str(error).split(",")[0])
