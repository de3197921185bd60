# The settings of the hooks of tlsagen, /etc/default/tlsagen, in the syntax of sh. `tlsagen help hooks` explains them.

# The name of the server: the MX host, not the mail domain. The hooks do nothing until it is set.
HOST=
# Ports, separated by commas: 25,465,587
PORTS=25
# Usage, selector and matching type of every published record: 3 1 1 2 1 1
TRIPLES='3 1 1'

# The files of the ACME client: the key, then the chain. The folder below live/ has the name of the certificate, as
# certbot certificates lists it: change it if that is not HOST. A server with RSA and ECDSA has two pairs.
FILES="/etc/letsencrypt/live/$HOST/privkey.pem /etc/letsencrypt/live/$HOST/fullchain.pem"
# The copy that the service uses, with its absolute path. Only a hook writes it. Postfix: smtpd_tls_chain_files.
IN_USE=/etc/tlsagen/in-use.pem
# Makes the service read IN_USE.
RELOAD='postfix reload'

# Reads changes from standard input and sends them to the primary server, in this format: nsupdate, json or zone.
# The key is from tsig-keygen, and the zone must allow it to update the TLSA records.
UPDATE='nsupdate -k /etc/tlsagen/ddns.key'
FORMAT=nsupdate
# Addresses of all servers of the zone, separated by commas: 192.0.2.53,2001:db8::53. Default: those of its NS records.
SERVERS=

# Files of standby keys, of other machines of this name, and of sibling CAs, separated by blanks.
NEXT=
# More options of `tlsagen rollover`: OPTIONS="--ttl 300 ${OPTIONS-}" keeps those of a single run by hand.
OPTIONS=${OPTIONS-}
# What the hooks have published, and since when.
STATE=/var/lib/tlsagen/state.json
PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
