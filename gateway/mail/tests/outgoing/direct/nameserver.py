"""A name server of a DNS that is one signed root zone, with one unsigned zone below it.

The argument is JSON: `zone` and `below`, both as zone files; `below_at`, the name of the second;
`forged`, records put in the place of signed ones after the signing; `strip`, whether signatures
are left out of answers. Writes its port and its key, a line each, and serves until its input ends.
"""

import json
import socket
import sys
import threading

import dns.dnssec
import dns.flags
import dns.message
import dns.name
import dns.rcode
import dns.rdatatype as types
import dns.rrset
import dns.zone
from cryptography.hazmat.primitives.asymmetric import ed25519

wanted = json.loads(sys.argv[1])
below_at = dns.name.from_text(wanted["below_at"])


def read(text, origin):
    return dns.zone.from_text(text, origin=origin, relativize=False, check_origin=False)


root = read(wanted["zone"], dns.name.root)
below = read(wanted["below"], below_at)
key = ed25519.Ed25519PrivateKey.generate()
public = dns.dnssec.make_dnskey(key.public_key(), dns.dnssec.Algorithm.ED25519, flags=257)
with root.writer() as transaction:
    dns.dnssec.sign_zone(root, transaction, keys=[(key, public)], lifetime=3600)
for line in wanted["forged"]:
    name, kind, data = line.split(" ", 2)
    name = dns.name.from_text(name)
    forged = dns.rdataset.from_text("IN", kind, 300, data)
    root.find_node(name).replace_rdataset(forged)


def put(section, zone, name, kind):
    """A set of records, with its signature where it has one."""
    for kind, covers in ((kind, types.NONE), (types.RRSIG, kind)):
        found = zone.get_rdataset(name, kind, covers)
        if found is not None and not (wanted["strip"] and kind == types.RRSIG):
            rrset = dns.rrset.RRset(name, found.rdclass, kind, covers)
            rrset.update(found)
            if rrset not in section:
                section.append(rrset)


def cover(section, name):
    """What proves that there is nothing between two names."""
    owners = [owner for owner in root if root.get_rdataset(owner, types.NSEC) is not None]
    put(section, root, max(owner for owner in owners if owner <= name), types.NSEC)


def answer(query):
    response = dns.message.make_response(query, recursion_available=True)
    name, kind = query.question[0].name, query.question[0].rdtype
    is_below = name.is_subdomain(below_at) and (name, kind) != (below_at, types.DS)
    zone = below if is_below else root
    put(response.answer, zone, name, kind)
    if response.answer:
        return response
    put(response.authority, zone, zone.origin, types.SOA)
    exists = any(owner.is_subdomain(name) for owner in zone)
    if not exists:
        response.set_rcode(dns.rcode.NXDOMAIN)
    if not is_below and not wanted["strip"]:
        cover(response.authority, name)
        if not exists:
            encloser = name
            while not any(owner.is_subdomain(encloser) for owner in zone):
                encloser = encloser.parent()
            cover(response.authority, dns.name.from_text("*", origin=encloser))
    return response


def serve(server):
    while True:
        wire, client = server.recvfrom(65535)
        server.sendto(answer(dns.message.from_wire(wire)).to_wire(), client)


server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
server.bind(("127.0.0.1", 0))
print(server.getsockname()[1])
print(f". 3600 IN DNSKEY {public.to_text()}", flush=True)
threading.Thread(target=serve, args=(server,), daemon=True).start()
sys.stdin.read()
