"""In oneDNN memory, the gradient is refused if no stride is given.

The documentation says that the stride defaults to the window, and forward it does. `max_pool2d` does the same.
"""

# /// script
# dependencies = ["torch==2.13.0"]
#
# [tool.poolproof]
# kind = "bug"
# class = "stride defaulted"
# unseen = "a stride is always passed"
# upstream = "none found"
# prints = '''
# [0.25, 0.25, 0.25, 0.25]
# RuntimeError: stride=[]
# '''
# expected = '''
# [0.25, 0.25, 0.25, 0.25]
# [0.25, 0.25, 0.25, 0.25]
# '''
# ///

import torch
from torch.nn.functional import avg_pool2d

for stride in (2, None):
    x = torch.zeros(1, 1, 2, 2, requires_grad=True)
    try:
        avg_pool2d(x.to_mkldnn(), 2, stride).backward(torch.ones(1, 1, 1, 1).to_mkldnn())
        print(x.grad.flatten().tolist())
    except RuntimeError as error:
        print("RuntimeError:", str(error)[-9:])
