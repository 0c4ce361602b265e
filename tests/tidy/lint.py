#!/usr/bin/env python3
"""clang-tidy over every compiled source within a time budget; a file that passed is not read again until it changes.

  lint.py --build DIR [--budget SECONDS] [--jobs N] [FILE...]

"Changes" means: the file, a header of the repository that it includes at any depth, .clang-tidy, or clang-tidy itself.
Exit: 0 clean, 1 findings, 3 clean but the budget ended before every file was read.
"""
import argparse
import concurrent.futures
import hashlib
import json
import os
import re
import subprocess
import sys
import time

ROOT = os.path.abspath(os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", ".."))
INCLUDE = re.compile(rb'^[ \t]*#[ \t]*include[ \t]*[<"]([^>"]+)[>"]', re.MULTILINE)
INCLUDE_ROOTS = ("src", "include", "tests")


class Hashes:
    """What a file is, together with everything of the repository that it includes."""

    def __init__(self, salt):
        self.salt = salt
        self.direct = {}

    def includes(self, path):
        if path not in self.direct:
            with open(path, "rb") as file:
                content = file.read()
            found = []
            for match in INCLUDE.finditer(content):
                name = match.group(1).decode()
                for folder in (os.path.dirname(path), *(os.path.join(ROOT, r) for r in INCLUDE_ROOTS)):
                    candidate = os.path.normpath(os.path.join(folder, name))
                    if os.path.isfile(candidate):
                        found.append(candidate)
                        break
            self.direct[path] = (hashlib.sha256(content).digest(), found)
        return self.direct[path]

    def of(self, path, command):
        digest = hashlib.sha256(self.salt + command.replace(ROOT, "").encode())
        seen, waiting = set(), [path]
        while waiting:
            current = waiting.pop()
            if current in seen:
                continue
            seen.add(current)
            waiting += self.includes(current)[1]
        for current in sorted(seen):
            digest.update(os.path.relpath(current, ROOT).encode() + self.includes(current)[0])
        return digest.hexdigest()


def flags_only(entry):
    """The command without the parts that name the build tree, so that two trees share results."""
    command = entry.get("command") or " ".join(entry["arguments"])
    return re.sub(r"\s-o\s+\S+|\s-c\s+\S+|\S*/build/\S*", "", command)


def check(tool, build, path):
    """clang-tidy's findings in one file, "" when clean."""
    # The commands are the other compiler's: clang need not know all of its options.
    command = [tool, "--quiet", "-p", build, "--extra-arg=-Wno-unknown-warning-option", path]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    if result.returncode == 0:
        return ""
    return result.stdout.replace(ROOT + "/", "") or result.stderr


def cache_folder():
    home = os.environ.get("XDG_CACHE_HOME") or os.path.join(os.path.expanduser("~"), ".cache")
    folder = os.environ.get("WEIR_LINT_CACHE") or os.path.join(home, "weir-lint")
    os.makedirs(folder, exist_ok=True)
    return folder


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--build", required=True, help="build tree with compile_commands.json")
    parser.add_argument("--tool", default="clang-tidy")
    parser.add_argument("--budget", type=float, default=240.0, help="seconds")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    parser.add_argument("files", nargs="*", help="only these sources")
    arguments = parser.parse_args()
    started = time.monotonic()

    with open(os.path.join(arguments.build, "compile_commands.json"), encoding="utf-8") as file:
        entries = {os.path.normpath(os.path.join(e["directory"], e["file"])): e for e in json.load(file)}
    wanted = {os.path.abspath(f) for f in arguments.files} or set(entries)
    version = subprocess.run([arguments.tool, "--version"], capture_output=True, check=True).stdout
    with open(os.path.join(ROOT, ".clang-tidy"), "rb") as file:
        hashes = Hashes(version + file.read())
    cache = cache_folder()
    # What is generated in the build tree is not ours.
    made = os.path.join(os.path.abspath(arguments.build), "")
    keys = {path: hashes.of(path, flags_only(e)) for path, e in entries.items()
            if path in wanted and path.startswith(ROOT) and not path.startswith(made)}
    # The newest first: what is being worked on is read even when the budget does not suffice for all.
    waiting = sorted((p for p, key in keys.items() if not os.path.exists(os.path.join(cache, key))),
                     key=os.path.getmtime, reverse=True)
    known = len(keys) - len(waiting)
    unread, dirty = [], 0

    def work(path):
        if time.monotonic() - started > arguments.budget:
            return path, None
        return path, check(arguments.tool, arguments.build, path)

    with concurrent.futures.ThreadPoolExecutor(arguments.jobs) as pool:
        for path, findings in pool.map(work, waiting):
            if findings is None:
                unread.append(path)
            elif findings:
                dirty += 1
                print(findings, flush=True)
            else:
                with open(os.path.join(cache, keys[path]), "w", encoding="utf-8"):
                    pass
    read = len(waiting) - len(unread)
    print(f"lint: {len(keys)} files, {known} unchanged since they passed, {read} read, {dirty} with findings, "
          f"{len(unread)} not reached in {arguments.budget:.0f} s")
    return 1 if dirty else 3 if unread else 0


if __name__ == "__main__":
    sys.exit(main())
