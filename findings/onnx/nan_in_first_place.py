"""At other strides, NaN is the maximum only in the first place of a window.

The operator's specification does not mention NaN. But the answer depends on where in the window the NaN is.
"""

# /// script
# dependencies = ["onnx==1.23.2"]
#
# [tool.poolproof]
# kind = "convention"
# class = "NaN kept only in first place"
# conventions = ["nan", "nan-index"]
# upstream = "none found"
# prints = '''
# [nan  1.] [0 2]
# '''
# expected = '''
# [nan nan] [0 3]
# '''
# ///

import numpy as np
from onnx.helper import make_node
from onnx.reference import ReferenceEvaluator

node = make_node("MaxPool", ["x"], ["y", "i"], kernel_shape=[2], strides=[2])
y, i = ReferenceEvaluator(node).run(None, {"x": np.array([[[np.nan, 1.0, 1.0, np.nan]]])})
print(y.ravel(), i.ravel())
