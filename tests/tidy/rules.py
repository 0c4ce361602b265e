"""The checks themselves. Each takes a source.Tree and returns its offences as text; its first line is its title."""
import os
import re

import source

# What the files of a folder of src/ may include, apart from their own folder and the public headers.
MAY_INCLUDE = {
    "base": "",
    "rtp": "base",
    "sdp": "rtp base",
    "crypto": "base",
    "ice": "crypto base",
    "dtls": "crypto base",
    "srtp": "dtls crypto base",
    "sctp": "base",
    "transport": "ice dtls srtp sctp crypto base",
    "abr": "base",
    "bwe": "rtp base",
    "sfu": "rtp base",
    "engine": "abr sfu transport ice dtls srtp sctp crypto sdp bwe rtp base",
    "media": "base",
    "io": "engine transport sfu ice dtls srtp sctp crypto sdp rtp base",
    "api": "io engine transport sfu ice dtls srtp sctp crypto sdp rtp media abr bwe base",
}
# Each library is used in few places, so that replacing it, or building against two versions, stays a small change.
LIBRARY_HOMES = {
    r"mbedtls/|psa/": "crypto dtls",
    r"srtp2/|intel-ipsec-mb": "srtp",
    r"usrsctp": "sctp",
    r"stun/|nice/|glib": "ice io",
    r"uv\.h": "io",
    r"opus/|vpx/": "media",
}
TOP_LEVEL = {"CMakeLists.txt", "CMakePresets.json", "LICENSE", "README.md", "include", "src", "bindings", "examples", "tests",
             "docs"}
# Below src/io time, bytes and randomness are arguments (docs/architecture.md).
SANS_IO = [f for f in MAY_INCLUDE if f not in ("io", "api")]
BANNED = [
    (r"\b(system|steady|high_resolution|utc|file)_clock\b", "reads a clock"),
    (r"\b(gettimeofday|clock_gettime|timespec_get|localtime(_r)?|gmtime(_r)?|mktime)\s*\(", "reads a clock"),
    (r"(?<![\w.>:])(std::)?(time|clock)\s*\(\s*(NULL|nullptr|0|&\w+)?\s*\)", "reads a clock"),
    (r"(?<![\w.>])(::|std::)?(socket|sendto|sendmsg|sendmmsg|recvfrom|recvmsg|recvmmsg|setsockopt|getaddrinfo)\s*\(", "uses a socket"),
    (r"\bstd::(thread|jthread|async)\b|\bpthread_create\b|\bfork\s*\(", "starts a thread"),
    (r"\b(usleep|nanosleep|sleep_for|sleep_until)\s*\(", "sleeps"),
    (r"\bstd::(random_device|mt19937(_64)?|default_random_engine|minstd_rand0?)\b", "draws randomness of its own"),
    (r"(?<![\w.>:])(std::)?(rand\s*\(\s*\)|random\s*\(\s*\)|(srand|arc4random\w*|getrandom|getentropy)\s*\()", "draws randomness of its own"),
    (r"\b(getenv|secure_getenv)\s*\(", "reads the environment"),
]
# crypto::SystemRandom is the source of randomness that everything else takes as an argument.
BANNED_EXEMPT = {("src/crypto/certificate.cpp", "draws randomness of its own")}
LONGEST_FUNCTION = 70
LONGEST_FILE = 400
INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*([<"])([^>"]+)[>"]', re.MULTILINE)


def line_of(text, at):
    return text.count("\n", 0, at) + 1


def includes(tree, path):
    """(line, kind, what) of every include; kind is '<' or '"'. Taken from the text: blanking would take the names away."""
    text = tree.text(path)
    return [(line_of(text, m.start()), m.group(1), m.group(2)) for m in INCLUDE.finditer(text)]


def include_direction(tree):
    """A folder of src/ includes only what lies below it."""
    offences = []
    for path in tree.under("src"):
        parts = path.split("/")
        if len(parts) < 3:
            offences.append(f"{path}: belongs into a folder of src/")
            continue
        folder = parts[1]
        if folder not in MAY_INCLUDE:
            offences.append(f"{path}: folder {folder} is not in the table of tests/tidy/rules.py")
            continue
        allowed = {folder, "weir", *MAY_INCLUDE[folder].split()}
        for line, kind, what in includes(tree, path):
            if kind == '"' and what.split("/")[0] not in allowed:
                offences.append(f'{path}:{line}: {folder} may not include "{what}"')
    return offences


def public_headers_alone(tree):
    """Public headers include only one another and the C standard library."""
    allowed = {"stddef.h", "stdint.h"}
    return [f"{path}:{line}: includes {what}" for path in tree.under("include") for line, kind, what in includes(tree, path)
            if not (what.startswith("weir/") if kind == '"' else what in allowed)]


def examples_use_public_api(tree):
    """Examples and bindings include public headers and their own files only."""
    offences = []
    for path in tree.under("examples", "bindings"):
        own = "/".join(path.split("/")[:2])
        for line, kind, what in includes(tree, path):
            beside = os.path.join(os.path.dirname(path), what)
            if what.startswith("weir/") or kind == "<" and not tree.exists(f"src/{what}"):
                continue
            if not any(tree.exists(p) for p in (beside, f"{own}/{what}")):
                offences.append(f"{path}:{line}: includes {what}")
    return offences


def library_homes(tree):
    """A library's headers are included only in the folder that wraps it."""
    offences = []
    for path in tree.under("src"):
        for line, kind, what in includes(tree, path):
            for pattern, homes in LIBRARY_HOMES.items():
                if kind == "<" and re.match(pattern, what) and path.split("/")[1] not in homes.split():
                    offences.append(f"{path}:{line}: <{what}> belongs into {homes}")
    return offences


def banned_calls(tree):
    """Below src/io nothing reads a clock, opens a socket, starts a thread or draws randomness."""
    offences = []
    for path in tree.under(*[f"src/{f}" for f in SANS_IO]):
        code = tree.code(path)
        for pattern, what in BANNED:
            if (path, what) in BANNED_EXEMPT:
                continue
            offences += [f"{path}:{line_of(code, m.start())}: {what}: {m.group(0).strip()}" for m in re.finditer(pattern, code)]
    return offences


def tests_do_not_sleep(tree):
    """Unit and scenario tests do not sleep."""
    offences = []
    for path in tree.under("tests/unit", "tests/scenario"):
        code = tree.code(path)
        offences += [f"{path}:{line_of(code, m.start())}: {m.group(0)}"
                     for m in re.finditer(r"\b(u?sleep|nanosleep|sleep_for|sleep_until)\s*\(", code)]
    return offences


def unit_tests_mirror(tree):
    """A unit test lies in the folder of the module that it tests."""
    offences = []
    for path in tree.under("tests/unit", endings=(".cpp",)):
        match = re.fullmatch(r"tests/unit/(\w+)/\w+_test\.cpp", path)
        if match is None or not any(tree.exists(f"{home}/{match.group(1)}") for home in ("src", "examples", "tests/bench")):
            offences.append(f"{path}: not tests/unit/<module>/<what>_test.cpp")
    return offences


def header_guards(tree):
    """Headers guard themselves: #pragma once inside, macros and C linkage outside."""
    offences = [f"{p}: no #pragma once" for p in tree.under("src", "tests", "examples", endings=(".h",))
                if "#pragma once" not in tree.text(p) and "#ifndef" not in tree.text(p)]
    return offences + [f'{p}: no guard or no extern "C"' for p in tree.under("include", endings=(".h",))
                       if "#ifndef WEIR_" not in tree.text(p)
                       or ('extern "C"' not in tree.text(p) and p != "include/weir/weir.h")]


def no_marks(tree):
    """No notes to self are left in the code."""
    marks = re.compile(r"\b(TO" r"DO|FIX" r"ME|XX" r"X|HA" r"CK)\b")
    return [f"{path}:{line_of(tree.text(path), m.start())}: {m.group(0)}"
            for path in tree.texts() if path != "LICENSE" for m in marks.finditer(tree.text(path))]


def no_machine_paths(tree):
    """No path or address of somebody's machine."""
    paths = re.compile(r"(?<![\w.}/])/(wo" r"rk|ho" r"me|ro" r"ot|Us" r"ers|t" r"mp)/[\w.]")
    return [f"{path}:{line_of(tree.text(path), m.start())}: {m.group(0)}"
            for path in tree.texts() for m in paths.finditer(tree.text(path))]


def top_level(tree):
    """The top level holds what CMakeLists.txt, README and the folders name, and nothing else."""
    names = {path.split("/")[0] for path in tree.files}
    return [f"{name}: does not belong here" for name in sorted(names - TOP_LEVEL) if not name.startswith(".")]


def links_resolve(tree):
    """Links between the documents lead to files that exist."""
    offences = []
    for path in tree.under("docs", "bindings", "examples", "tests", endings=(".md",)) + ["README.md"]:
        if not tree.exists(path):
            offences.append(f"{path}: missing")
            continue
        for match in re.finditer(r"\]\(([^)#\s]+)", tree.text(path)):
            target = match.group(1)
            if "://" not in target and not tree.exists(os.path.join(os.path.dirname(path), target)):
                offences.append(f"{path}:{line_of(tree.text(path), match.start())}: {target}")
    return offences


CHECKS = [include_direction, public_headers_alone, examples_use_public_api, library_homes, banned_calls, tests_do_not_sleep,
          unit_tests_mirror, header_guards, no_marks, no_machine_paths, top_level, links_resolve]


def long_functions(tree):
    """No function grows beyond 70 lines."""
    found = {}
    for path in tree.under("src", "examples", "tests"):
        for name, _, lines in source.functions(tree.code(path)):
            if lines > LONGEST_FUNCTION and name != "TEST_CASE":
                key = f"{path}:{name}"
                found[key] = max(lines, found.get(key, 0))
    return found


def long_files(tree):
    """No file grows beyond 400 lines."""
    counts = {path: tree.text(path).count("\n")
              for path in tree.under("src", "include", "examples", "tests", endings=source.CPP_ENDINGS + (".mjs", ".js", ".py"))}
    return {path: lines for path, lines in counts.items() if lines > LONGEST_FILE}


def files_without_test(tree):
    """Every file of src/ with code has a unit test of its name."""
    return {path: 1 for path in tree.under(*[f"src/{f}" for f in MAY_INCLUDE if f != "api"], endings=(".cpp",))
            if not tree.exists(f"tests/unit/{path[4:-4]}_test.cpp")}


RATCHETS = {"long_functions": long_functions, "long_files": long_files, "files_without_test": files_without_test}
