"""Downloads: what is asked of the exporter, what comes of it, and what was downloaded."""
