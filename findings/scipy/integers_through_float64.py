"""The maximum of 64-bit integers passes through float64.

The maximum is an element of the window, and none of these three is. The values go to float64 and back, which loses the
last bits above 2^53 and overflows at the largest numbers; the result then depends on the processor.
"""

# /// script
# dependencies = ["scipy==1.17.1"]
#
# [tool.poolproof]
# kind = "bug"
# class = "narrow accumulation"
# upstream = "scipy/scipy#11816"
# prints = '''
# [0 0]
# [-9223372036854775808 -9223372036854775808]
# [9007199254740992 9007199254740992]
# '''
# expected = '''
# [18446744073709551615 18446744073709551615]
# [9223372036854775807 9223372036854775807]
# [9007199254740993 9007199254740993]
# '''
#
# [tool.poolproof.laws]
# scipy = ["max-value"]
# ///

import numpy as np
from scipy.ndimage import maximum_filter

for x in (np.uint64(2**64 - 1), np.int64(2**63 - 1), np.int64(2**53 + 1)):
    print(maximum_filter(np.full(2, x), size=2))
