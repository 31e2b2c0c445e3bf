"""How a text reads: the texts that words look at, their tokens, sentences and entities, and where each stands."""
