"""Rules at work: from trees to functions, what calls an event up, and why a record matched."""
