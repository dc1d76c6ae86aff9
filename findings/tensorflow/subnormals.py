"""Subnormal numbers become zero, or are compared as zeros.

Many kernels run with subnormals off. But then a maximum is no element of its window, and what it is depends on dtype,
function and place: float32 and float64 are flushed, float16 is kept, and bfloat16, like every dtype in
`max_pool_with_argmax`, is kept where it comes first. `max_pool3d` and `avg_pool3d` flush float32, and bfloat16
depending on place and number of channels.
"""

# /// script
# dependencies = ["tensorflow-cpu==2.21.0"]
#
# [tool.poolproof]
# kind = "convention"
# class = "subnormals"
# conventions = ["subnormals", "mean-subnormals"]
# upstream = "none found"
# prints = '''
# [0.0, 0.0]
# [9.99994610111476e-41, 0.0]
# 0.0
# '''
# expected = '''
# [9.99994610111476e-41, 9.99994610111476e-41]
# [9.99994610111476e-41, 9.99994610111476e-41]
# 9.99994610111476e-41
# '''
# ///

import numpy as np
import tensorflow as tf

x = np.float32([1e-40, 0, 1e-40]).reshape(1, 1, 3, 1)
print(tf.nn.max_pool2d(x, (1, 2), 1, "VALID").numpy().ravel().tolist())
print(tf.nn.max_pool_with_argmax(x, (1, 2), 1, "VALID")[0].numpy().ravel().tolist())
print(tf.nn.avg_pool2d(np.full((1, 1, 2, 1), 1e-40, np.float32), (1, 2), 1, "VALID").numpy().item())
