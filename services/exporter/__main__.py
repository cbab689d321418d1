"""`python -m services.exporter`."""

from services.exporter.main import main

main()
