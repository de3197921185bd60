#!/usr/bin/env python3
"""CPU time of whole processes (user plus system), in milliseconds.

usage: process_cost.py [ROUNDS [TLSAGEN]]   from the top of the checkout, after cargo build --release

The commands take turns, so that other load on the machine affects all of them equally. Prints the median of each
command and its ratio to /bin/true. The figures are not checked against limits.
"""
import shutil
import statistics
import sys

from spent import spent

TLSAGEN = sys.argv[2] if len(sys.argv) > 2 else "target/release/tlsagen"
COMMANDS = {
    "/bin/true": ["/bin/true"],
    "3 1 1, RSA-2048 fullchain": [TLSAGEN, "fixtures/fullchain-rsa.pem", "mx.example", "3", "1", "1"],
    "3 1 1, P-256 fullchain": [TLSAGEN, "fixtures/fullchain-ecdsa.pem", "mx.example", "3", "1", "1"],
    "3 1 1, issued by P-384": [TLSAGEN, "fixtures/fullchain-p384.pem", "mx.example", "3", "1", "1"],
    "chain of three, RSA": [TLSAGEN, "chain", "fixtures/with-root-rsa.pem", "mx.example"],
}
if shutil.which("danetool"):
    COMMANDS["danetool --tlsa-rr"] = [
        "danetool", "--tlsa-rr", "--host", "mx.example", "--port", "25",
        "--load-certificate", "fixtures/fullchain-rsa.pem",
    ]


def main():
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 500
    times = {name: [] for name in COMMANDS}
    for _ in range(rounds):
        for name, [program, *arguments] in COMMANDS.items():
            times[name].append(spent(shutil.which(program), arguments)[0] * 1000)
    base = statistics.median(times["/bin/true"])
    for name, values in times.items():
        median = statistics.median(values)
        print(f"{name:28} {median:7.3f} ms   {median / base:5.2f} x /bin/true   mean {statistics.mean(values):7.3f}")


main()
