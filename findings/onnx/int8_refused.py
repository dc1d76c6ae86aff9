"""MaxPool of int8 is refused for two axes at stride 1.

The operator takes int8 since operator set 12, and with one axis or another stride this evaluator does, too. It marks
padding with NaN, which int8 lacks, even where nothing is padded.
"""

# /// script
# dependencies = ["onnx==1.23.2"]
#
# [tool.poolproof]
# kind = "bug"
# class = "result dtype"
# unseen = "integers are not declared"
# upstream = "none found"
# prints = '''
# -2
# -2
# ValueError: cannot convert float NaN to integer
# '''
# expected = '''
# -2
# -2
# -2
# '''
# ///

import numpy as np
from onnx.helper import make_node
from onnx.reference import ReferenceEvaluator

for shape, strides in (((1, 1, 2), [1]), ((1, 1, 1, 2), [1, 2]), ((1, 1, 1, 2), [1, 1])):
    node = make_node("MaxPool", ["x"], ["y"], kernel_shape=[1, 2][-len(strides) :], strides=strides)
    try:
        print(ReferenceEvaluator(node).run(None, {"x": np.array([-3, -2], np.int8).reshape(shape)})[0].item())
    except ValueError as error:
        print("ValueError:", error)
