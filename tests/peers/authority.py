"""Certificates of every kind, good and bad, issued by a demo's authority or one made here."""

import datetime, pathlib
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

UTC = datetime.timezone.utc
MAIL, CLIENT, SERVER = ExtendedKeyUsageOID.EMAIL_PROTECTION, ExtendedKeyUsageOID.CLIENT_AUTH, ExtendedKeyUsageOID.SERVER_AUTH


class Identity:
    """An address with a certificate and its key, in files; `chain` is a file of further certificates to send along."""

    def __init__(self, address, certificate, key, name="", chain=None):
        self.address, self.certificate, self.key, self.name, self.chain = address, str(certificate), str(key), name, chain

    @property
    def mailbox(self):
        return f"{self.name} <{self.address}>" if self.name else self.address


def new_key(kind):
    if kind == "P-256":
        return ec.generate_private_key(ec.SECP256R1())
    return rsa.generate_private_key(public_exponent=65537, key_size=int(kind.removeprefix("RSA-")))


def pem_of(key):
    return key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())


def usages(signing, encrypting, ca):
    return x509.KeyUsage(
        digital_signature=signing,
        content_commitment=False,
        key_encipherment=encrypting,
        data_encipherment=False,
        key_agreement=encrypting,
        key_cert_sign=ca,
        crl_sign=ca,
        encipher_only=False,
        decipher_only=False,
    )


class Authority:
    def __init__(self, folder, certificate, key):
        """Writes what it issues into `folder`; `certificate` and `key` are the authority's own PEM files."""
        self.folder = pathlib.Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.pem = pathlib.Path(certificate)
        self.certificate = x509.load_pem_x509_certificate(self.pem.read_bytes())
        self.key = serialization.load_pem_private_key(pathlib.Path(key).read_bytes(), None)
        self.serials = {}

    @classmethod
    def of_demo(cls, demo, folder):
        """The demo's own, whose key lies beside its certificate."""
        ca = pathlib.Path(demo.state["ca"])
        return cls(folder, ca, ca.with_suffix(".key"))

    @classmethod
    def made(cls, folder, name="Another authority"):
        folder = pathlib.Path(folder)
        folder.mkdir(parents=True, exist_ok=True)
        key = new_key("P-256")
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        builder = dated(x509.CertificateBuilder(), subject, subject, key).add_extension(x509.BasicConstraints(True, 1), True)
        builder = builder.add_extension(usages(False, False, True), True)
        (folder / "ca.pem").write_bytes(builder.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM))
        (folder / "ca.key").write_bytes(pem_of(key))
        return cls(folder, folder / "ca.pem", folder / "ca.key")

    def identifier(self):
        """What names this authority's key in what it issues: as its own certificate has it, where it does."""
        try:
            own = self.certificate.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
            return x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(own)
        except x509.ExtensionNotFound:
            return x509.AuthorityKeyIdentifier.from_issuer_public_key(self.key.public_key())

    def issue(self, name, *addresses, kind="P-256", begins=2025, ends=2040, use=(MAIL,), signing=True, encrypting=True, hosts=(), digest=None):
        """A certificate for addresses (or hosts), as files `NAME.pem` and `NAME.key`; years bound its validity."""
        import ipaddress

        key = new_key(kind)
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        builder = dated(x509.CertificateBuilder(), subject, self.certificate.subject, key, begins, ends)
        names = [x509.RFC822Name(address) for address in addresses]
        names += [x509.IPAddress(ipaddress.ip_address(host)) if host[0].isdigit() else x509.DNSName(host) for host in hosts]
        if names:
            builder = builder.add_extension(x509.SubjectAlternativeName(names), False)
        if use:
            builder = builder.add_extension(x509.ExtendedKeyUsage(list(use)), False)
        builder = builder.add_extension(x509.BasicConstraints(False, None), True).add_extension(usages(signing, encrypting, False), True)
        builder = builder.add_extension(self.identifier(), False)
        made = builder.sign(self.key, digest or hashes.SHA256())
        self.serials[name] = made.serial_number
        (self.folder / f"{name}.pem").write_bytes(made.public_bytes(serialization.Encoding.PEM))
        (self.folder / f"{name}.key").write_bytes(pem_of(key))
        return Identity(addresses[0] if addresses else "", self.folder / f"{name}.pem", self.folder / f"{name}.key", name)

    def revoke(self, *names, place=None):
        """A revocation list with these on it, as PEM; good until 2040."""
        builder = x509.CertificateRevocationListBuilder().issuer_name(self.certificate.subject)
        builder = builder.last_update(at(2025)).next_update(at(2040)).add_extension(x509.CRLNumber(1), False)
        builder = builder.add_extension(self.identifier(), False)
        for name in names:
            one = x509.RevokedCertificateBuilder().serial_number(self.serials[name]).revocation_date(at(2025, 6)).build()
            builder = builder.add_revoked_certificate(one)
        made = builder.sign(self.key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)
        place = pathlib.Path(place or self.folder / "crl.pem")
        place.write_bytes(made)
        return place


def at(year, month=1):
    return datetime.datetime(year, month, 1, tzinfo=UTC)


def dated(builder, subject, issuer, key, begins=2025, ends=2040):
    builder = builder.subject_name(subject).issuer_name(issuer).public_key(key.public_key())
    return builder.serial_number(x509.random_serial_number()).not_valid_before(at(begins)).not_valid_after(at(ends))
