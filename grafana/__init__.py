"""The dashboards, written in Python and kept as JSON beside: `python -m grafana` writes the files anew.

No part of what is installed. Knows metrics by their names alone, which a test holds against those that are exposed.
"""
