"""`python -m services.gateway`: the service; with `keys …`: its keys."""

import sys

from services.gateway import keys_command
from services.gateway.main import main

if sys.argv[1:2] == ["keys"]:
    sys.exit(keys_command.main(sys.argv[2:]))
main()
