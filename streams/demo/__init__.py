"""The demonstration: all of Tocsin on this machine, on the sample that ships with it, and the proof of its numbers.

Owns which servers and processes run, what is replayed into them, what is shown and what is checked at the end. Uses the
parts as any user does, and knows nothing of how they work.
"""
