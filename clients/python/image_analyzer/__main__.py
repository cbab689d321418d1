"""`python -m image_analyzer` is the command line."""

import sys

from image_analyzer.command import main

sys.exit(main())
