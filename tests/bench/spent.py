"""Runs a program without its output."""
import os
import sys


def spent(program, arguments):
    """Returns the CPU time in seconds and the peak memory in MiB of a run."""
    quiet = os.open(os.devnull, os.O_WRONLY)
    silent = [(os.POSIX_SPAWN_DUP2, quiet, 1), (os.POSIX_SPAWN_DUP2, quiet, 2)]
    pid = os.posix_spawn(program, [program, *arguments], os.environ, file_actions=silent)
    _, status, usage = os.wait4(pid, 0)
    os.close(quiet)
    if status:
        sys.exit(f"{arguments} failed with {status}")
    return usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024
