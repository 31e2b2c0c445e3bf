"""Tests' view of the folder grafana/: what the dashboards and rules ask for."""
