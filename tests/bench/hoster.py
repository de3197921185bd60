#!/usr/bin/env python3
"""Wall time for a hosting provider: one record for each of 10,000 lineages in separate directories, with two processes
in parallel; and one run for 1,000 hosts with the same chain. The figures are not checked against limits.

usage: hoster.py [LINEAGES [TLSAGEN]]   from the top of the checkout, after cargo build --release

For comparison, on the same directories: /bin/true, which shows the cost of starting processes, and for a sample the
openssl commands that shell scripts use to make such a record.
"""
import os
import shutil
import subprocess
import sys
import tempfile
import time

CHAINS = ["fullchain-rsa", "fullchain-ecdsa", "acme", "rsapss-chain"]
LINEAGES = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000
TLSAGEN = os.path.abspath(sys.argv[2] if len(sys.argv) > 2 else "target/release/tlsagen")
SAMPLE = 500
RECIPE = (
    'printf "_25._tcp.mx.example. IN TLSA 3 1 1 %s\\n" "$(openssl x509 -in "$1" -noout -pubkey |'
    ' openssl pkey -pubin -outform DER | openssl dgst -sha256 -r | cut -d" " -f1)"'
)


def timed(name, count, command, folder):
    """Runs a shell command, which must print either `count` lines or none, and prints its rate."""
    start = time.monotonic()
    output = subprocess.run(
        ["bash", "-o", "pipefail", "-c", command], cwd=folder, stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL, check=True).stdout
    seconds = time.monotonic() - start
    lines = output.count(b"\n")
    if lines not in (0, count):
        sys.exit(f"{name}: {lines} lines, not {count}")
    print(f"{name:34} {count:6} in {seconds:6.2f} s  {count / seconds:8.0f} a second")


def main():
    with tempfile.TemporaryDirectory() as folder:
        for number in range(LINEAGES):
            lineage = os.path.join(folder, f"{number:05}.example")
            os.mkdir(lineage)
            chain = CHAINS[number % len(CHAINS)]
            shutil.copy(f"fixtures/{chain}.pem", os.path.join(lineage, "fullchain.pem"))
        find = "find . -name fullchain.pem -print0"
        each = "xargs -0 -P2 -I{}"
        timed("tlsagen, a process a lineage", LINEAGES, f"{find} | {each} {TLSAGEN} {{}} mx.example 3 1 1 -q", folder)
        timed("/bin/true, a process a lineage", LINEAGES, f"{find} | {each} /bin/true {{}}", folder)
        listed = "find . -name fullchain.pem -printf '%p mx.example 3 1 1\\n'"
        for jobs in (1, 2):
            timed(f"tlsagen batch --jobs {jobs}", LINEAGES, f"{listed} | {TLSAGEN} batch --jobs {jobs} -q", folder)
        some = os.path.join(folder, "sample")
        os.mkdir(some)
        for number in range(min(SAMPLE, LINEAGES)):
            os.rename(os.path.join(folder, f"{number:05}.example"), os.path.join(some, f"{number:05}.example"))
        sample = f"{find} | {each} sh -c '{RECIPE}' sh {{}}"
        timed("openssl in a pipe, a sample", min(SAMPLE, LINEAGES), sample, some)
        hosts = ",".join(f"mx{number}.example" for number in range(1000))
        timed("one call, 1,000 hosts", 1000, f"{TLSAGEN} sample/00000.example/fullchain.pem {hosts} 3 1 1 -q", folder)


main()
