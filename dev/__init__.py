"""The system on one machine: its servers, its supervisor, `make run`."""
