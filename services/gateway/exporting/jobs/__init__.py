"""Exports in the background: what clients ask for and are told; services/exporter/jobs makes them."""
