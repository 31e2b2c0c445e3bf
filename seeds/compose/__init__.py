"""Composes the sample: two days of posts and articles around the Kursk offer, the same bytes on every run.

Run as ``python -m seeds.compose``. What is said lies in ``bank/`` as data, who says it in ``cast``, when in
``timeline``. Truth is noted while a text is written, from what it was meant to say: nothing here knows the rules.
"""
