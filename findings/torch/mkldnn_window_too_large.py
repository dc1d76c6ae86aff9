"""In oneDNN memory, a window larger than the input kills the process.

A window that does not fit should be refused, as in ordinary memory, or give an empty result, as a window of 3 rows does
here. `avg_pool2d` does the same.
"""

# /// script
# dependencies = ["torch==2.13.0"]
#
# [tool.poolproof]
# kind = "bug"
# class = "robustness"
# conventions = ["window-too-large"]
# upstream = "none found"
# prints = '''
# RuntimeError: Output size is too small
# killed by SIGFPE
# '''
# expected = '''
# RuntimeError: Output size is too small
# torch.Size([1, 1, 2, 0])
# '''
# ///

import torch
from torch.nn.functional import max_pool2d

x = torch.ones(1, 1, 2, 2)
try:
    max_pool2d(x, (1, 3), 1)
except RuntimeError as error:
    print("RuntimeError:", str(error)[-24:], flush=True)
print(max_pool2d(x.to_mkldnn(), (1, 3), 1).to_dense().shape)
