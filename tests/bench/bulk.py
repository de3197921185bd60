#!/usr/bin/env python3
"""CPU time for each certificate of a large file, without the start of the process, and the peak memory.

usage: bulk.py [ROUNDS [TLSAGEN]]   from the top of the checkout, after cargo build --release

The file has 10,000 distinct end entities, RSA and ECDSA in turn, whose issuers are not in the file; a second file has
certificates that differ only in the middle. The figures are not checked against limits.
"""
import base64
import os
import re
import statistics
import sys
import tempfile

from spent import spent

ROUNDS = int(sys.argv[1]) if len(sys.argv) > 1 else 15
TLSAGEN = sys.argv[2] if len(sys.argv) > 2 else "target/release/tlsagen"
CERTIFICATES = 10_000


def der(name):
    with open(f"fixtures/{name}") as file:
        block = re.search("-----BEGIN CERTIFICATE-----(.*?)-----END", file.read(), re.DOTALL)
    return base64.b64decode(block.group(1))


def write(path, count, place):
    """Writes certificates that differ in the four octets at `place`, counted from the end."""
    leaves = [der("leaf-rsa.pem"), der("key-p256.pem")]
    with open(path, "w") as file:
        for number in range(count):
            octets = bytearray(leaves[number % 2])
            octets[len(octets) - place:len(octets) - place + 4] = number.to_bytes(4, "big")
            text = base64.b64encode(octets).decode()
            lines = [text[start:start + 64] for start in range(0, len(text), 64)]
            file.write("\n".join(["-----BEGIN CERTIFICATE-----", *lines, "-----END CERTIFICATE-----", ""]))


def main():
    with tempfile.TemporaryDirectory() as folder:
        files = [os.path.join(folder, name) for name in ("two.pem", "all.pem", "alike.pem")]
        write(files[0], 2, 8)
        write(files[1], CERTIFICATES, 8)
        write(files[2], CERTIFICATES, 40)
        print(f"input: {os.path.getsize(files[1]) / 1024 / 1024:.1f} MiB")
        calls = {"3 1 1": ["{}", "mx.example", "3", "1", "1", "-q"], "chain": ["chain", "{}", "mx.example", "-q"]}
        for name, call in calls.items():
            for file in files[1:]:
                net, memory = [], 0
                for _ in range(ROUNDS):
                    start, _ = spent(TLSAGEN, [word.format(files[0]) for word in call])
                    seconds, memory = spent(TLSAGEN, [word.format(file) for word in call])
                    net.append((seconds - start) / CERTIFICATES * 1e9)
                what = f"{name}, {os.path.basename(file)}"
                print(f"{what:18} {statistics.median(net):7.0f} ns a certificate   {memory:5.1f} MiB")


main()
