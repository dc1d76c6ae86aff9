"""Which zero max_pool3d chooses depends on the number of channels.

+0 and -0 are equal. The last one is chosen with few channels, the first one where channels fill a vector register.
"""

# /// script
# dependencies = ["tensorflow-cpu==2.21.0"]
#
# [tool.poolproof]
# kind = "convention"
# class = "signed zero"
# conventions = ["signed-zero"]
# upstream = "none found"
# prints = '''
# 1 [-0.0, 0.0]
# 16 [0.0, -0.0]
# '''
# expected = '''
# 1 [0.0, -0.0]
# 16 [0.0, -0.0]
# '''
# ///

import numpy as np
import tensorflow as tf

for channels in (1, 16):
    x = np.float32([0.0, -0.0, 0.0]).reshape(1, 1, 1, 3, 1).repeat(channels, 4)
    print(channels, tf.nn.max_pool3d(x, (1, 1, 2), 1, "VALID").numpy()[0, 0, 0, :, 0].tolist())
