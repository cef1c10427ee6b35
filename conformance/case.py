"""A file that somebody could hand us, and which library says what is in it."""
import collections

# `kind`: what is tried; `name`: which one of the kind. `oracle`: of oracles.py.
Case = collections.namedtuple("Case", "kind name oracle extension data")
