"""The events, account lists and sample that ship with Tocsin; installed as streams.seeds."""
