"""The float16 gradient of a mean is 0 if the window has more than 65519 cells.

1024 / 65520 is an ordinary float16, and `adaptive_avg_pool2d` returns it. Here the divisor is rounded to float16 first,
where 65520 becomes infinity. The mean itself is right.
"""

# /// script
# dependencies = ["torch==2.13.0"]
#
# [tool.poolproof]
# kind = "bug"
# class = "divisor"
# unseen = "so many cells are not asked of float16"
# upstream = "none found"
# prints = '''
# 0.0156
# 0.0
# '''
# expected = '''
# 0.0156
# 0.0156
# '''
# ///

import torch
from torch.nn.functional import avg_pool2d

for n in (65519, 65520):
    x = torch.zeros(1, 1, 1, n, dtype=torch.float16, requires_grad=True)
    avg_pool2d(x, (1, n)).backward(torch.full((1, 1, 1, 1), 1024.0, dtype=torch.float16))
    print(round(x.grad[0, 0, 0, 0].item(), 4))
