"""Passes over the log for somebody who waits for the answer: recount, forget, move, and the trial of a rule.

Each reads with a reader of its own, beside the workers, up to where the log ended when it began.
"""
