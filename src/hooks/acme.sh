#!/bin/sh
# acme.sh --install-cert -d mx.example --reloadcmd /usr/local/sbin/tlsagen-acme.sh
