"""`python -m poolproof.properties` is the command `poolproof`."""

import sys

from .doors.cli import main

sys.exit(main())
