#!/usr/bin/env python3
"""Plants offences in a small tree and sees each check find its own, and nothing in a clean one."""
import os
import tempfile
import unittest

import rules
import source
import tidy


def plant(root, files):
    for path, text in files.items():
        full = os.path.join(root, path)
        os.makedirs(os.path.dirname(full), exist_ok=True)
        with open(full, "w", encoding="utf-8") as file:
            file.write(text)


class Planted(unittest.TestCase):
    def offences(self, check, files):
        with tempfile.TemporaryDirectory() as root:
            plant(root, files)
            return check(source.Tree(root))

    def test_include_direction(self):
        bad = {"src/base/a.h": '#include "rtp/packet.h"\n', "src/sfu/b.cpp": '#include "transport/transport.h"\n',
               "src/engine/c.cpp": '#include "io/loop.h"\n'}
        self.assertEqual(len(self.offences(rules.include_direction, bad)), 3)
        good = {"src/engine/a.h": '#include "sfu/room.h"\n#include "weir/status.h"\n', "src/rtp/b.h": '#include "rtp/c.h"\n'}
        self.assertEqual(self.offences(rules.include_direction, good), [])

    def test_new_folder_needs_a_place(self):
        self.assertEqual(len(self.offences(rules.include_direction, {"src/odd/a.h": ""})), 1)

    def test_examples(self):
        bad = {"examples/x/a.cpp": '#include "base/time.h"\n#include <rtp/packet.h>\n', "src/base/time.h": "",
               "src/rtp/packet.h": ""}
        self.assertEqual(len(self.offences(rules.examples_use_public_api, bad)), 2)
        good = {"examples/x/a.cpp": '#include "own.h"\n#include <weir/weir.h>\n#include <vector>\n', "examples/x/own.h": ""}
        self.assertEqual(self.offences(rules.examples_use_public_api, good), [])

    def test_banned_calls(self):
        for call in ("auto n = std::chrono::steady_clock::now();", "int s = socket(AF_INET, 2, 0);", "std::thread t{f};",
                     "auto r = rand();", "auto r = random();", "srand(1);", "std::random_device d;", "auto t = time(nullptr);", "::sendto(s);"):
            self.assertEqual(len(self.offences(rules.banned_calls, {"src/rtp/a.cpp": call})), 1, call)
            self.assertEqual(self.offences(rules.banned_calls, {"src/io/a.cpp": call}), [], call)
        for fine in ("// std::thread is banned\n", 'log("socket(");', "clock.time();", "options.random(8);", "int operand(int);", "Core(R& r) : random(r) {}"):
            self.assertEqual(self.offences(rules.banned_calls, {"src/rtp/a.cpp": fine}), [], fine)

    def test_library_homes(self):
        self.assertEqual(len(self.offences(rules.library_homes, {"src/sfu/a.cpp": "#include <mbedtls/ssl.h>\n"})), 1)
        self.assertEqual(self.offences(rules.library_homes, {"src/dtls/a.cpp": "#include <mbedtls/ssl.h>\n"}), [])

    def test_public_headers(self):
        self.assertEqual(len(self.offences(rules.public_headers_alone, {"include/weir/a.h": "#include <string>\n"})), 1)

    def test_marks_and_paths(self):
        mark, path = "TO" + "DO", "/ho" + "me/me/x"
        self.assertEqual(len(self.offences(rules.no_marks, {"docs/a.md": f"{mark}: more\n"})), 1)
        self.assertEqual(len(self.offences(rules.no_machine_paths, {"src/rtp/a.cpp": f'open("{path}");'})), 1)
        self.assertEqual(self.offences(rules.no_machine_paths, {"docs/a.md": "see src/rtp/a.h and ${HOME}" + path}), [])

    def test_tests_do_not_sleep(self):
        bad = {"tests/unit/io/a_test.cpp": "std::this_thread::sleep_for(1s);"}
        self.assertEqual(len(self.offences(rules.tests_do_not_sleep, bad)), 1)

    def test_unit_tests_mirror(self):
        bad = {"tests/unit/gone/a_test.cpp": "", "src/rtp/a.h": "", "tests/unit/rtp/b.cpp": ""}
        self.assertEqual(len(self.offences(rules.unit_tests_mirror, bad)), 2)
        good = {"tests/unit/rtp/a_test.cpp": "", "src/rtp/a.h": ""}
        self.assertEqual(self.offences(rules.unit_tests_mirror, good), [])

    def test_headers(self):
        self.assertEqual(len(self.offences(rules.header_guards, {"src/rtp/a.h": "int x;", "include/weir/b.h": ""})), 2)

    def test_top_level(self):
        self.assertEqual(len(self.offences(rules.top_level, {"notes/a.txt": "", "src/rtp/a.h": "", ".ci/run": ""})), 1)

    def test_links(self):
        bad = {"README.md": "[a](docs/none.md) [b](docs/a.md) [c](https://example.org/x)", "docs/a.md": ""}
        self.assertEqual(len(self.offences(rules.links_resolve, bad)), 1)

    def test_function_lengths(self):
        body = "  f();\n" * 70
        long_function = "int g(int a,\n      int b) {\n" + body + "}\n"
        files = {"src/rtp/a.cpp": "namespace weir {\n" + long_function + "class A {\n int h() { return 1; }\n};\n}\n"}
        self.assertEqual(self.offences(rules.long_functions, files), {"src/rtp/a.cpp:g": 73})
        table = "constexpr int t[] = {\n" + "  1,\n" * 100 + "};\nstruct S {\n" + "  int a = f();\n" * 90 + "};\n"
        self.assertEqual(self.offences(rules.long_functions, {"src/rtp/a.cpp": table}), {})

    def test_long_and_untested_files(self):
        files = {"src/rtp/a.cpp": "\n" * 401, "src/rtp/b.cpp": "\n" * 400, "tests/unit/rtp/b_test.cpp": ""}
        self.assertEqual(self.offences(rules.long_files, files), {"src/rtp/a.cpp": 401})
        self.assertEqual(self.offences(rules.files_without_test, files), {"src/rtp/a.cpp": 1})

    def test_ratchet(self):
        self.assertEqual(len(tidy.ratchet("x", {"a": 80}, {})), 1)
        self.assertEqual(len(tidy.ratchet("x", {"a": 81}, {"a": 80})), 1)
        self.assertEqual(len(tidy.ratchet("x", {"a": 75}, {"a": 80})), 1)
        self.assertEqual(tidy.ratchet("x", {"a": 80}, {"a": 80}), [])

    def test_blanking_keeps_lines(self):
        code = source.blank('a; // x {\n/* {\n{ */ "{" \'{\' R"(\n{)" 1\'000\'000 b;')
        self.assertEqual((code.count("\n"), code.count("{"), "1'000'000 b;" in code), (3, 0, True))


if __name__ == "__main__":
    unittest.main()
