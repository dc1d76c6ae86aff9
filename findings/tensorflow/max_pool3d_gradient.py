"""The gradient of max_pool3d goes to every cell within 1e-5 of the maximum.

The gradient of a window belongs to its maximum, once. Here all of it goes to every cell closer to the maximum than an
absolute 1e-5, so that with data of 1e-6 every cell gets it and its sum grows with the window. Where the maximum is
infinite the distance is NaN, and no cell gets it. `max_pool2d` gives it to the first maximum.
"""

# /// script
# dependencies = ["tensorflow-cpu==2.21.0"]
#
# [tool.poolproof]
# kind = "bug"
# class = "ties"
# conventions = ["minus-infinity-gradient"]
# upstream = "none found"
# prints = '''
# [0.0, 0.0] [1.0, 1.0]
# [1.0, 1.000001] [1.0, 1.0]
# [1e-06, 2e-06, 3e-06] [1.0, 1.0, 1.0]
# [inf, 1.0] [0.0, 0.0]
# '''
# expected = '''
# [0.0, 0.0] [1.0, 0.0]
# [1.0, 1.000001] [0.0, 1.0]
# [1e-06, 2e-06, 3e-06] [0.0, 0.0, 1.0]
# [inf, 1.0] [1.0, 0.0]
# '''
#
# [tool.poolproof.laws]
# tensorflow-3d = ["routing", "tied-maxima", "conservation"]
# ///

import tensorflow as tf

for cells in ([0.0, 0.0], [1.0, 1.000001], [1e-6, 2e-6, 3e-6], [float("inf"), 1.0]):
    x = tf.reshape(tf.constant(cells), (1, 1, 1, -1, 1))
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = tf.nn.max_pool3d(x, (1, 1, len(cells)), 1, "VALID")
    print(cells, tape.gradient(y, x).numpy().ravel().tolist())
