"""The mean of avg_pool3d leaves out cells that are the lowest number of the type.

A finite number of the input also marks padding, and is left out of the sum and of the divisor: a window of nothing else
gives NaN. bfloat16 does the same. `avg_pool2d` counts the cell.
"""

# /// script
# dependencies = ["tensorflow-cpu==2.21.0"]
#
# [tool.poolproof]
# kind = "bug"
# class = "divisor"
# unseen = "no case draws it"
# upstream = "none found"
# prints = '''
# 2.0
# [nan, 2.0]
# -1.7014117331926443e+38
# '''
# expected = '''
# -1.7014117331926443e+38
# [-3.4028234663852886e+38, 2.0]
# -1.7014117331926443e+38
# '''
# ///

import numpy as np
import tensorflow as tf

x = np.array([np.finfo(np.float32).min, 2], np.float32).reshape(1, 1, 1, 2, 1)
print(tf.nn.avg_pool3d(x, (1, 1, 2), 1, "VALID").numpy().item())
print(tf.nn.avg_pool3d(x, (1, 1, 1), 1, "VALID").numpy().ravel().tolist())
print(tf.nn.avg_pool2d(x[0], (1, 2), 1, "VALID").numpy().item())
