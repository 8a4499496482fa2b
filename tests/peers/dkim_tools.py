"""DKIM (RFC 6376, RFC 8463) as another's tool makes and checks it: Python's dkimpy, and with it the tags and omissions that it does not write by
itself. Keys are made here; their records are what the DNS would say.
"""

import base64, re
import smime  # finds the peers' own Python packages
import dkim
from cryptography.hazmat.primitives.asymmetric import ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat


class Key:
    """A domain's key: `rsa-sha256` (2048 bits) or `ed25519-sha256`."""

    def __init__(self, algorithm, selector, domain, flags=""):
        self.algorithm, self.selector, self.domain = algorithm, selector, domain
        kind = algorithm.partition("-")[0]
        self.private = rsa.generate_private_key(65537, 2048) if kind == "rsa" else ed25519.Ed25519PrivateKey.generate()
        shape = (Encoding.DER, PublicFormat.SubjectPublicKeyInfo) if kind == "rsa" else (Encoding.Raw, PublicFormat.Raw)
        public = base64.b64encode(self.private.public_key().public_bytes(*shape)).decode()
        self.name = f"{selector}._domainkey.{domain}"
        self.record = f"v=DKIM1; k={kind}; {flags}p={public}"

    @property
    def pem(self):
        return self.private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())

    @property
    def secret(self):
        """As dkimpy reads it."""
        if self.algorithm.startswith("rsa"):
            return self.pem
        return base64.b64encode(self.private.private_bytes(Encoding.Raw, PrivateFormat.Raw, NoEncryption()))


class Signing(dkim.DKIM):
    """Signs at a time that is given, with further tags, and without fields that dkimpy insists on."""

    at, more, without = 0, (), ()

    def gen_header(self, fields, include_headers, *rest, **options):
        left = [name for name in include_headers if name not in self.without]
        new = {b"t": b"%d" % self.at, b"h": b" : ".join(left)}
        fields = [(name, new.get(name, value)) for name, value in fields]
        place = [name for name, _ in fields].index(b"bh")
        fields[place:place] = [(name.encode(), str(value).encode()) for name, value in self.more]
        return super().gen_header(fields, left, *rest, **options)


def sign(mail, key, at, canonical=("relaxed", "simple"), more=(), without=(), include=None, length=False, algorithm=None):
    """A mail with a signature before it, made `at` a time; From is signed once more than it occurs."""
    signing = Signing(mail, signature_algorithm=(algorithm or key.algorithm).encode())
    signing.at, signing.more, signing.without = int(at.timestamp()), more, [name.lower().encode() for name in without]
    words = [word.encode() for word in canonical]
    made = signing.sign(key.selector.encode(), key.domain.encode(), key.secret, canonicalize=words, include_headers=include, length=length)
    return made + mail


def answers(records):
    """What dkimpy asks instead of the DNS; a name that is not there has no record."""
    return lambda name, timeout=5: records.get(name.decode().rstrip("."), "")


def passes(mail, records):
    """Whether dkimpy believes the uppermost signature."""
    return dkim.verify(mail, dnsfunc=answers(records))


def verified(mail, records):
    """The tags of the uppermost signature of a mail, which dkimpy believes; `h` as a list of names."""
    looked = dkim.DKIM(mail)
    assert looked.verify(dnsfunc=answers(records)), mail[:1500]
    tags = {name.decode(): value.decode() for name, value in looked.signature_fields.items()}
    return {**tags, "h": [name.lower() for name in re.split(r"\s*:\s*", tags["h"])]}


def arc(mail, key):
    """A mail with a chain of its relays before it (RFC 8617), sealed by `key`, whose last says that all passed."""
    service = key.domain.encode()
    made = dkim.arc_sign(mail, key.selector.encode(), service, key.secret, service)
    assert len(made) == 3, made
    return b"".join(made) + mail
