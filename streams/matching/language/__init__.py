"""The rule language: from a rule's text to its tree, and what can be told of an event's rules without a record."""
