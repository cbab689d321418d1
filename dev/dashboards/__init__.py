"""Grafana's dashboards as tables of panels: `python -m dev.dashboards` writes their JSON."""
