"""max_pool1d refuses integers unless their indices are requested.

A dtype may be refused. But `max_pool2d`, `max_pool3d` and `max_pool1d` with `return_indices` take all integers.
"""

# /// script
# dependencies = ["torch==2.13.0"]
#
# [tool.poolproof]
# kind = "convention"
# class = "result dtype"
# unseen = "integers of one axis are not declared"
# upstream = "none found"
# prints = '''
# 2
# NotImplementedError: "max_pool1d_impl" not implemented for 'Long'
# '''
# expected = '''
# 2
# 2
# '''
# ///

import torch
from torch.nn.functional import max_pool1d

x = torch.tensor([[[1, 2]]])
for return_indices in (True, False):
    try:
        y = max_pool1d(x, 2, return_indices=return_indices)
        print(y[0].item())
    except NotImplementedError as error:
        print("NotImplementedError:", error)
