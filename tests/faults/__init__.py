"""The fault campaign: servers that break, people who talk on, and one checker for all of it.

`nemesis` breaks a `cluster`; `people` talk through it and listen by the public rules alone;
what they saw is a `history`, which `checker` judges against the invariants of
docs/reliability.md.
"""
