"""Elaborates SystemVerilog with slang and fails on any error or warning.

Usage: lint_slang.py TOP FILE...
"""

import shlex
import sys

from pyslang import driver


def main() -> int:
    top, files = sys.argv[1], sys.argv[2:]
    slang = driver.Driver()
    slang.addStandardArgs()
    line = " ".join(["slang", "-Wextra", "-Wno-useless-cast", "-Wno-case-redundant-default", "-Werror", "--top", shlex.quote(top)] + [shlex.quote(f) for f in files])
    ok = slang.parseCommandLine(line, driver.CommandLineOptions())
    ok = ok and slang.processOptions() and slang.parseAllSources()
    ok = ok and slang.runFullCompilation(True)
    return 0 if ok else 1


if __name__ == "__main__":
    sys.exit(main())
