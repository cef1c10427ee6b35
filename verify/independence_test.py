#!/usr/bin/env python3
"""Verify never trusts merge (docs/architecture.md): nothing that computes or lays out a result is among what verify/ depends on."""
import os
import re
import sys

SHARED_WITH_MERGE = r"//(execute|convert|tools)\b|//expr:float_bits$|layout$"

with open(os.path.join("verify", "all_that_verify_depends_on"), encoding="utf-8") as file:
    labels = file.read().split()
shared = [label for label in labels if re.match(r"//", label) and re.search(SHARED_WITH_MERGE, label)]
for label in shared:
    print(f"verify/ depends on {label}, which makes what verify/ judges. Cure: compute it a second time in verify/, straight from the definition.")
# A query that finds nothing proves nothing.
sys.exit(0 if not shared and "//verify/reference:evaluate" in labels else 1)
