"""The mean of float16 and bfloat16 divides by a count that stops at 2048 and 256.

One cell divided by a number of cells is no sum that could round, and the mean of 32 by 32 cells of bfloat16 comes out
four times too large. The count appears to be kept in the dtype of the input, where 256 + 1 = 256 (bfloat16) and 2048 +
1 = 2048 (float16). `avg_pool1d` does the same; `avg_pool3d` and the gradient do not.
"""

# /// script
# dependencies = ["tensorflow-cpu==2.21.0"]
#
# [tool.poolproof]
# kind = "bug"
# class = "divisor"
# upstream = "none found for pooling; tensorflow/tensorflow#115732 is similar, for reduce_mean"
# prints = '''
# bfloat16 289 1.125
# bfloat16 1024 4.0
# float16 8192 4.0
# float32 8192 1.0
# '''
# expected = '''
# bfloat16 289 1.0
# bfloat16 1024 1.0
# float16 8192 1.0
# float32 8192 1.0
# '''
#
# [tool.poolproof.laws]
# tensorflow = ["large-divisor"]
# ///

import numpy as np
import tensorflow as tf

for dtype, cells in (("bfloat16", 289), ("bfloat16", 1024), ("float16", 8192), ("float32", 8192)):
    x = np.zeros((1, 1, cells, 1), np.float32)
    x[0, 0, 0] = cells
    y = tf.nn.avg_pool2d(tf.cast(x, dtype), (1, cells), 1, "VALID")
    print(dtype, cells, float(y.numpy().item()))
