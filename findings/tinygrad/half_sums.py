"""With ceil_mode, or padding not counted, the sum and the divisor of a float16 mean are float16.

The mean of ones is 1, and float32 easily counts to 65536: without these settings the sum is kept and divided in
float32. With them, sum and divisor are rounded to float16. A count of 65536 is infinite there, so that the mean is 0,
and so is its gradient; the sum of four numbers of 60000 is infinite, too. The convention `accumulator` therefore
depends on the settings.
"""

# /// script
# dependencies = ["tinygrad==0.14.0"]
#
# [tool.poolproof]
# kind = "bug"
# class = "divisor"
# unseen = "no case draws it, and `large-divisor` is asked without settings"
# conventions = ["accumulator"]
# upstream = "none found for pooling; tinygrad/tinygrad#4327 fixed the same in mean"
# prints = '''
# {} 1.0 60000.0
# {'count_include_pad': False} 0.0 inf
# {'ceil_mode': True} 0.0 inf
# '''
# expected = '''
# {} 1.0 60000.0
# {'count_include_pad': False} 1.0 60000.0
# {'ceil_mode': True} 1.0 60000.0
# '''
# ///

import numpy as np
from tinygrad import Tensor

ones, large = np.ones((1, 1, 256, 256), np.float16), np.full((1, 1, 1, 4), 60000, np.float16)
for settings in ({}, {"count_include_pad": False}, {"ceil_mode": True}):
    print(settings, *(Tensor(x).avg_pool2d(x.shape[2:], **settings).numpy().item() for x in (ones, large)))
