"""What happens to a run of records: rules in force, one pipeline, back-fills, positions, health."""
