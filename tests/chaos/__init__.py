"""Exact under fire: a seeded run on real Kafka and Redis that breaks what can break, then counts the log anew."""
