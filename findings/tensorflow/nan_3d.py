"""What avg_pool3d and max_pool3d make of NaN depends on the number of channels.

Mathematics does not define the maximum of a window with a NaN, but a mean that leaves out a NaN and divides by the
number of the others (1.5 for 1, 2 and NaN) is close to a bug. Channels that fill a vector register are treated so, the
rest of them are not. With one channel, the maximum keeps NaN only in the last place, and its gradient is then lost. It
happens in float32, and for the maximum also in bfloat16.
"""

# /// script
# dependencies = ["tensorflow-cpu==2.21.0"]
#
# [tool.poolproof]
# kind = "convention"
# class = "NaN"
# conventions = ["nan", "nan-mean", "nan-gradient"]
# upstream = "none found"
# prints = '''
# 1 0 3.0 nan
# 1 1 3.0 nan
# 1 2 nan nan
# 16 0 3.0 2.5
# 16 1 3.0 2.0
# 16 2 2.0 1.5
# '''
# expected = '''
# 1 0 nan nan
# 1 1 nan nan
# 1 2 nan nan
# 16 0 nan nan
# 16 1 nan nan
# 16 2 nan nan
# '''
# ///

import numpy as np
import tensorflow as tf

for channels in (1, 16):
    for k in range(3):
        x = np.float32([1, 2, 3]).reshape(1, 1, 1, 3, 1).repeat(channels, 4)
        x[0, 0, 0, k] = np.nan
        y = [pool(x, (1, 1, 3), 1, "VALID").numpy()[0, 0, 0, 0, 0] for pool in (tf.nn.max_pool3d, tf.nn.avg_pool3d)]
        print(channels, k, *y)
