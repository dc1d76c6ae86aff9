"""Compiling AvgPool without dilations kills the process.

Dilations are optional, and the documentation gives their default: [1, 1, ...]. It happens with one, two and three axes;
`avg_pool` of opset14, which has no dilations, compiles.
"""

# /// script
# dependencies = ["openvino==2026.4.1"]
#
# [tool.poolproof]
# kind = "bug"
# class = "robustness"
# unseen = "dilations are always passed"
# upstream = "none found in its own tracker; seen in keras-team/keras#23039"
# prints = '''
# {'dilations': [1, 1]}
# killed by SIGSEGV
# '''
# expected = '''
# {'dilations': [1, 1]}
# {}
# '''
# ///

import openvino as ov
from openvino import opset16 as ops

x = ops.parameter([1, 1, 2, 2], ov.Type.f32)
for more in ({"dilations": [1, 1]}, {}):
    y = ops.avg_pool(x, [2, 2], [0, 0], [0, 0], [2, 2], exclude_pad=True, **more)
    ov.compile_model(ov.Model([y], [x], "m"), "CPU")
    print(more, flush=True)
