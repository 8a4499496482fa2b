"""S/MIME as other people's tools make and open it: the `openssl cms` command, and Python's endesive.

What is signed or encrypted is an entity: header fields, an empty line, a body, with CRLF at each line's end.
"""

import base64, pathlib, re, subprocess, sys, tempfile, types, uuid

sys.path.insert(0, str(pathlib.Path(__file__).parent / "python_modules"))


def crlf(octets):
    return re.sub(rb"\r?\n", b"\r\n", octets)


def openssl(*words, given=b"", fails=False):
    done = subprocess.run(["openssl", *map(str, words)], input=given, capture_output=True)
    assert fails or done.returncode == 0, (words, done.stderr.decode(errors="replace"))
    return None if done.returncode else done.stdout


def cms(*words, **more):
    return openssl("cms", *words, **more)


def base64_lines(octets):
    return crlf(base64.encodebytes(octets))


def entity(kind, der, name="smime.p7m", x=False):
    """`application/pkcs7-mime` around a CMS message, as Outlook and Thunderbird write it."""
    head = (
        f'Content-Type: application/{"x-" if x else ""}pkcs7-mime; smime-type={kind};\r\n\tname="{name}"\r\n'
        f'Content-Disposition: attachment; filename="{name}"\r\nContent-Transfer-Encoding: base64\r\n\r\n'
    )
    return head.encode() + base64_lines(der)


class File:
    """A temporary file for openssl, which reads some things from files only."""

    def __init__(self, octets):
        self.file = tempfile.NamedTemporaryFile(prefix="smime-")
        self.file.write(octets)
        self.file.flush()

    def __str__(self):
        return self.file.name


def signers(identities, digest):
    words = ["-md", digest]
    for who in identities:
        words += ["-signer", who.certificate, "-inkey", who.key]
        if who.chain:
            words += ["-certfile", who.chain]
    return words


def sign_opaque(content, *identities, digest="sha256", more=(), x=False):
    """signed-data with the content in it, as Outlook sends it with `send clear text signed` off."""
    der = cms("-sign", "-nodetach", "-binary", "-outform", "DER", *signers(identities, digest), *more, given=content)
    return entity("signed-data", der, x=x)


def sign_detached(content, *identities, digest="sha256", more=()):
    """multipart/signed, as Thunderbird sends it."""
    der = cms("-sign", "-binary", "-outform", "DER", *signers(identities, digest), *more, given=content)
    boundary = "------------ms" + uuid.uuid4().hex[:24]
    head = (
        f'Content-Type: multipart/signed; protocol="application/pkcs7-signature";\r\n micalg=sha-{digest[3:]}; boundary="{boundary}"\r\n'
        f"\r\nThis is a cryptographically signed message in MIME format.\r\n\r\n--{boundary}\r\n"
    ).encode()
    tail = (
        f'\r\n--{boundary}\r\nContent-Type: application/pkcs7-signature; name="smime.p7s"\r\nContent-Transfer-Encoding: base64\r\n'
        'Content-Disposition: attachment; filename="smime.p7s"\r\nContent-Description: S/MIME Cryptographic Signature\r\n\r\n'
    ).encode()
    return head + content + tail + base64_lines(der) + f"\r\n--{boundary}--\r\n".encode()


def sign_as_openssl(content, *identities):
    """multipart/signed, assembled by openssl itself; without its MIME-Version, which stands on the mail."""
    made = crlf(cms("-sign", *signers(identities, "sha256"), given=content))
    return made.removeprefix(b"MIME-Version: 1.0\r\n")


def recipients(certificates, oaep, kdf):
    words = []
    for certificate in certificates:
        words += ["-recip", certificate]
        if oaep:
            words += ["-keyopt", "rsa_padding_mode:oaep", "-keyopt", f"rsa_oaep_md:{oaep}", "-keyopt", f"rsa_mgf1_md:{oaep}"]
        if kdf:
            words += ["-keyopt", f"ecdh_kdf_md:{kdf}"]
    return words


def encrypt(content, *certificates, cipher="aes-256-cbc", oaep=None, kdf=None, more=(), x=False):
    """enveloped-data, or authEnveloped-data where the cipher is GCM (RFC 5083, RFC 8551)."""
    der = cms("-encrypt", "-binary", "-outform", "DER", "-" + cipher, *more, *recipients(certificates, oaep, kdf), given=content)
    return entity("authEnveloped-data" if cipher.endswith("gcm") else "enveloped-data", der, x=x)


def encrypt_as_openssl(content, *certificates, cipher="aes-256-cbc"):
    made = crlf(cms("-encrypt", "-" + cipher, *recipients(certificates, None, None), given=content))
    return made.removeprefix(b"MIME-Version: 1.0\r\n")


def triple_wrap(content, identity, *certificates, cipher="aes-256-cbc"):
    """Signed, encrypted, signed again (RFC 2634, 1.1)."""
    return sign_opaque(encrypt(sign_detached(content, identity), *certificates, cipher=cipher), identity)


def endesive():
    """Python's endesive. Its check of chains, which is not used here, wants a library that refuses OpenSSL 3.0.10 and later."""
    sys.modules.setdefault("certvalidator", types.ModuleType("certvalidator"))
    import endesive.email

    return endesive.email


def loaded(identity):
    from cryptography import x509
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    return (
        load_pem_private_key(pathlib.Path(identity.key).read_bytes(), None),
        x509.load_pem_x509_certificate(pathlib.Path(identity.certificate).read_bytes()),
    )


def endesive_sign(content, identity, pss=False):
    """Signed by endesive, detached; it turns LF into CRLF by itself."""
    key, certificate = loaded(identity)
    made = endesive().sign(content.replace(b"\r\n", b"\n"), key, certificate, [], "sha256", attrs=True, pss=pss)
    return crlf(made).removeprefix(b"MIME-Version: 1.0\r\n")


def endesive_encrypt(content, certificate, oaep=True):
    """Encrypted by endesive: to RSA keys alone, with AES-256-CBC."""
    from cryptography import x509

    to = x509.load_pem_x509_certificate(pathlib.Path(certificate).read_bytes())
    made = crlf(endesive().encrypt(content, [to], "aes256_cbc", oaep).encode())
    return made.replace(b"MIME-Version: 1.0\r\n", b"")


def is_rsa(certificate):
    return b"rsaEncryption" in openssl("x509", "-in", certificate, "-noout", "-text")


def decrypt(mail, identity):
    """What is in an encrypted mail or entity."""
    return cms("-decrypt", "-inform", "SMIME", "-recip", identity.certificate, "-inkey", identity.key, given=mail)


def verify(mail, ca, signer, at=None):
    """What a signed mail or entity signs; the signature and its chain hold, and the signer's certificate is that file's."""
    said, found = File(mail), File(b"")
    content = cms("-verify", "-inform", "SMIME", "-in", said, "-CAfile", ca, "-signer", found, *(["-attime", at] if at else []))
    assert fingerprint(found) == fingerprint(signer), "signed by another than the gateway"
    return content


def fingerprint(certificate):
    return openssl("x509", "-in", certificate, "-noout", "-fingerprint", "-sha256")


def printed(entity):
    """The CMS structure in words: which algorithms were used."""
    return cms("-cmsout", "-print", "-noout", "-inform", "SMIME", given=entity).decode(errors="replace")
