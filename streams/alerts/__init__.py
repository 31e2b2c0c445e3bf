"""What rings: conditions on an event's trends, the state of each alert, the record of each transition, its delivery.

Knows trends and rules' errors; knows nothing of workers, HTTP pages or the command line.
"""
