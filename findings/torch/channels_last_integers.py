"""With channels last, the maximum of small integers is refused for planes too large for their type.

The memory layout changes no maximum, and in ordinary memory all of these calls are answered. Indices are kept in a
signed type as wide as the values, even if only the values are wanted, and an internal check refuses planes with more
cells than that type can count.
"""

# /// script
# dependencies = ["torch==2.13.0"]
#
# [tool.poolproof]
# kind = "bug"
# class = "argmax index: small integer type overflows"
# upstream = "pytorch/executorch#21820, which works around it"
# prints = '''
# True
# RuntimeError: Expected input_depth * input_height * input_width
# RuntimeError: Expected input_depth * input_height * input_width
# RuntimeError: Expected input_depth * input_height * input_width
# '''
# expected = '''
# True
# True
# True
# True
# '''
#
# [tool.poolproof.laws]
# torch-channels-last = [
#     "output-size", "depth-preserved", "dtype-preserved", "max-value", "max-index", "index-in-plane", "locality",
#     "channel-independence", "sample-independence", "batch-independence", "increasing-maps", "neutral-settings",
#     "padding-with-lowest", "dilation-by-gathering", "ceil-extends-floor", "ranks-agree", "indices-gather",
#     "other-settings", "inputs-unchanged", "same-twice", "no-aliasing",
#     "nothing-remembered", "memory-layouts", "two-threads",
# ]
# ///

import torch
from torch.nn.functional import max_pool2d

for dtype, width in ((torch.int8, 127), (torch.int8, 128), (torch.uint8, 128), (torch.int16, 32768)):
    x = torch.zeros(1, 2, 1, width, dtype=dtype)
    last = x.contiguous(memory_format=torch.channels_last)
    try:
        print(max_pool2d(x, 1).equal(max_pool2d(last, 1)))
    except RuntimeError as error:
        print("RuntimeError:", str(error)[:50])
