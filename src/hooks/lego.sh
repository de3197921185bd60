#!/bin/sh
# lego renew --renew-hook /usr/local/sbin/tlsagen-lego; in lego 5, the option is --deploy-hook
renewed=${LEGO_HOOK_CERT_NAME-${LEGO_CERT_DOMAIN-}}
