"""Ways in: what brings posts and articles from files and over HTTP into Kafka.

Owns reading, placing in time and producing. Knows nothing of tracked events, matching, trends or Redis.
"""
