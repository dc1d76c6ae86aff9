"""A mean that counts padding counts cells past the padded end in ceil mode.

The last window holds the 4, one padded cell, and nothing else. PyTorch, for which `ceil_torch` is named, divides by 2,
and so does this operation if there is no padding at all; padding along another axis is enough to go wrong. The same
happens with `ceil`, with opset14, and with dilation.
"""

# /// script
# dependencies = ["openvino==2026.4.1"]
#
# [tool.poolproof]
# kind = "bug"
# class = "ceil overhang"
# upstream = "none found"
# prints = '''
# [1.        3.        1.3333334]
# '''
# expected = '''
# [1. 3. 2.]
# '''
#
# [tool.poolproof.laws]
# openvino = ["mean-value", "mean-exact", "overhang", "other-settings"]
# ///

import numpy as np
import openvino as ov
from openvino import opset16 as ops

x = ops.parameter((1, 1, 4), np.dtype("float32"))
y = ops.avg_pool(x, [2], [1], [1], [3], False, "ceil_torch", dilations=[1])
model = ov.compile_model(ov.Model([y], [x], "m"), "CPU")
print(model(np.array([[[1, 2, 3, 4]]], np.float32))[0].ravel())
