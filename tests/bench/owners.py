#!/usr/bin/env python3
"""CPU time and peak memory of `check` and `diff` with zones of 1,000, 10,000 and 100,000 owners of TLSA records.

usage: owners.py [ROUNDS [TLSAGEN]]   from the top of the checkout, after cargo build --release

Each host has an address and a TLSA record. The figures are not checked against limits; both should grow with the size.
"""
import os
import statistics
import subprocess
import sys
import tempfile

from spent import spent

ROUNDS = int(sys.argv[1]) if len(sys.argv) > 1 else 5
TLSAGEN = sys.argv[2] if len(sys.argv) > 2 else "target/release/tlsagen"
CHAIN = "fixtures/fullchain-rsa.pem"


def write(path, owners, data):
    with open(path, "w") as zone:
        zone.write("$ORIGIN example.\n$TTL 3600\n@ IN SOA ns hostmaster 1 7200 3600 1209600 60\n@ IN NS ns\n")
        for number in range(owners):
            zone.write(f"mx{number} IN A 192.0.2.1\n_25._tcp.mx{number} IN TLSA {data}\n")


def main():
    record = subprocess.check_output([TLSAGEN, CHAIN, "mx.example", "3", "1", "1", "-f", "rdata", "-q"], text=True).strip()
    with tempfile.TemporaryDirectory() as folder:
        zone = os.path.join(folder, "zone")
        for owners in (1_000, 10_000, 100_000):
            write(zone, owners, record)
            for command in ("check", "diff"):
                call = [command, CHAIN, "mx7.example", "--records", zone]
                times, memory = zip(*(spent(TLSAGEN, call) for _ in range(ROUNDS)))
                seconds = statistics.median(times)
                print(f"{command:6} {owners:7} owners  {seconds * 1000:8.1f} ms  {seconds / owners * 1e6:5.2f} us an owner  "
                      f"{max(memory):6.1f} MiB")


main()
