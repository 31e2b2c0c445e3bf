"""The whole way of a post, against peers: one topic in Apache Kafka, the same work, one contestant after the other."""
