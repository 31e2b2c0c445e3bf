"""What `tocsin serve` answers: metrics, health, events and trends, and POST /ingest. One small module a subject.

Reads Redis through streams.trends and produces through streams.ingest; matches nothing and counts nothing itself.
"""
