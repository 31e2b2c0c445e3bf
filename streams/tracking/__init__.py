"""Tracked events as people handle them: files of theirs, and the topic `tracked-events` that they apply them to.

What an event's rules mean is `streams.matching`'s; how workers take up a change is the registry's.
"""
