#!/bin/sh
# certbot runs this file after a renewal: /etc/letsencrypt/renewal-hooks/deploy/tlsagen
renewed=${RENEWED_LINEAGE-}
