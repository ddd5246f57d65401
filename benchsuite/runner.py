"""Runs one command with its output thrown away and prints what it took, as one line of six numbers.

    runner.py COMMAND [ARGUMENT...]      user s, system s, wall s, peak KiB, exit code, signal

Started anew for every measurement, in an interpreter that has loaded next to nothing: a child's peak memory counts what its parent
held at the fork, so the parent has to be small. It imports nothing beyond what the interpreter has loaded anyway.
"""

import os
import sys
import time


def main() -> None:
    command = sys.argv[1:]
    started = time.perf_counter()
    child = os.fork()
    if child == 0:
        try:
            nowhere = os.open(os.devnull, os.O_RDWR)
            for descriptor in (0, 1, 2):
                os.dup2(nowhere, descriptor)
            os.execv(command[0], command)
        finally:
            os._exit(127)
    _, status, usage = os.wait4(child, 0)
    wall = time.perf_counter() - started
    exit_code = os.WEXITSTATUS(status) if os.WIFEXITED(status) else -1
    signal = os.WTERMSIG(status) if os.WIFSIGNALED(status) else 0
    print(usage.ru_utime, usage.ru_stime, wall, usage.ru_maxrss, exit_code, signal)


main()
