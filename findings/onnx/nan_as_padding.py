"""NaN is mistaken for padding by the maximum at stride 1, and by the mean.

The operators' specification does not mention NaN. But here the answer depends on the stride and on `count_include_pad`,
although nothing is padded, and the maximum of a window of NaN alone raises ValueError.
"""

# /// script
# dependencies = ["onnx==1.23.2"]
#
# [tool.poolproof]
# kind = "convention"
# class = "NaN used as padding mark"
# conventions = ["nan", "nan-mean"]
# upstream = "none found"
# prints = '''
# MaxPool {} 2.0
# AveragePool {} 1.5
# AveragePool {'count_include_pad': 1} nan
# '''
# expected = '''
# MaxPool {} nan
# AveragePool {} nan
# AveragePool {'count_include_pad': 1} nan
# '''
# ///

import numpy as np
from onnx.helper import make_node
from onnx.reference import ReferenceEvaluator

x = np.array([[[np.nan, 1.0, 2.0]]])
for operator, settings in (("MaxPool", {}), ("AveragePool", {}), ("AveragePool", {"count_include_pad": 1})):
    node = make_node(operator, ["x"], ["y"], kernel_shape=[3], **settings)
    print(operator, settings, ReferenceEvaluator(node).run(None, {"x": x})[0].item())
