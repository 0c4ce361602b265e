#!/usr/bin/env python3
"""Style as a test: what reviewers should not have to look for.

  tidy.py [--root DIR]            run every check; exit 1 when one fails
  tidy.py --record [--root DIR]   write the present sizes into baseline.json (the ratchet: let it only shrink)
"""
import argparse
import json
import os
import sys

import rules
import source

BASELINE = os.path.join("tests", "tidy", "baseline.json")


def ratchet(name, found, allowed):
    """Offences of a check with a recorded baseline: nothing new, nothing larger, and no room left unused."""
    offences = []
    for key, value in sorted(found.items()):
        limit = allowed.get(key)
        if limit is None:
            offences.append(f"{key}: {value} ({name})")
        elif value > limit:
            offences.append(f"{key}: grew from {limit} to {value} ({name})")
    for key, limit in sorted(allowed.items()):
        if found.get(key, 0) < limit:
            offences.append(f"{key}: baseline says {limit}, now {found.get(key, 'none')}; run tests/tidy/tidy.py --record")
    return offences


def load_baseline(root):
    try:
        with open(os.path.join(root, BASELINE), encoding="utf-8") as file:
            return json.load(file)
    except FileNotFoundError:
        return {}


def run(root):
    """Every check as (name, offences)."""
    tree = source.Tree(root)
    baseline = load_baseline(root)
    results = [(check.__doc__.split("\n")[0].rstrip("."), check(tree)) for check in rules.CHECKS]
    for name, measure in rules.RATCHETS.items():
        title = measure.__doc__.split("\n")[0].rstrip(".")
        results.append((title, ratchet(name, measure(tree), baseline.get(name, {}))))
    return results


def record(root):
    tree = source.Tree(root)
    sizes = {name: dict(sorted(measure(tree).items())) for name, measure in rules.RATCHETS.items()}
    with open(os.path.join(root, BASELINE), "w", encoding="utf-8") as file:
        json.dump(sizes, file, indent=2)
        file.write("\n")


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--root", default=os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", ".."))
    parser.add_argument("--record", action="store_true", help="write the baseline of the ratchets")
    arguments = parser.parse_args()
    root = os.path.abspath(arguments.root)
    if arguments.record:
        record(root)
        return 0
    results = run(root)
    failed = 0
    for title, offences in results:
        failed += bool(offences)
        print(f"{'not ok' if offences else 'ok'} - {title}")
        for offence in offences:
            print(f"    {offence}")
    print(f"tidy: {len(results) - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
