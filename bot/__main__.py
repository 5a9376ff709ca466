"""`python -m bot` is `cannon-bot`."""

from __future__ import annotations

import sys

from cannon_bot import main

sys.exit(main())
