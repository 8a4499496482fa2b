"""The makers of mail, proved by themselves with keys made here: what each makes, openssl opens, and it is what was put in.

usage: makers.py
"""

import datetime, email, email.policy, itertools, pathlib, tempfile
import smime, styles
from authority import SERVER, Authority

FILES = [("report.pdf", "application/pdf", b"%PDF-1.4\n" + bytes(range(256)) * 40), ("résumé.txt", "text/plain", "né\n".encode())]
TEXT = "Purpose: MANAGE\nCategory: RISK\n\nHe was seen at the school again.\n"
TO = ["southwark-housing@gateway.example", "london-probation@gateway.example"]
SIGNERS = {"detached": smime.sign_detached, "opaque": smime.sign_opaque, "openssl": smime.sign_as_openssl, "endesive": smime.endesive_sign}


def encryptions(to):
    """Every way in which openssl encrypts to a certificate, and what its structure must then show."""
    rsa = smime.is_rsa(to.certificate)
    keys = (
        [({}, "rsaEncryption"), ({"oaep": "sha256"}, "rsaesOaep")]
        if rsa
        else [({}, "dhSinglePass-stdDH-sha1kdf"), ({"kdf": "sha256"}, "dhSinglePass-stdDH-sha256kdf")]
    )
    for cipher, (more, word) in itertools.product(("aes-256-cbc", "aes-128-cbc", "aes-256-gcm"), keys):
        yield (lambda content, cipher=cipher, more=more: smime.encrypt(content, to.certificate, cipher=cipher, **more)), {cipher, word}
    yield (lambda content: smime.encrypt_as_openssl(content, to.certificate)), {"aes-256-cbc"}
    if rsa:
        yield (lambda content: smime.endesive_encrypt(content, to.certificate)), {"aes-256-cbc", "rsaesOaep"}
        yield (lambda content: smime.endesive_encrypt(content, to.certificate, oaep=False)), {"aes-256-cbc", "rsaEncryption"}


def as_mail(entity, sender, more=()):
    now = datetime.datetime(2026, 3, 2, 9, tzinfo=datetime.timezone.utc)
    return styles.mail(entity, sender.mailbox, TO, "Visits – school", now, "<1@police.example>", more)


def same(found, content):
    """openssl's `-verify` gives a detached content back as it was read: compare what matters."""
    return smime.crlf(found).rstrip(b"\r\n") == content.rstrip(b"\r\n")


def main(folder):
    ca = Authority.made(folder)
    officers = [ca.issue("Officer", "s.ali@police.example"), ca.issue("Officer-RSA", "s.ali@police.example", kind="RSA-2048")]
    gateways = [ca.issue("Gateway", "gateway@gateway.example"), ca.issue("Gateway-RSA", "gateway@gateway.example", kind="RSA-3072")]
    content = styles.python(TEXT, FILES)
    opened = 0
    for officer, (name, sign) in itertools.product(officers, SIGNERS.items()):
        signed = sign(content, officer)
        assert same(smime.verify(as_mail(signed, officer), ca.pem, officer.certificate), content), name
        for gateway in gateways:
            for encrypt, words in encryptions(gateway):
                mail = as_mail(encrypt(signed), officer)
                shown = smime.printed(mail)
                assert all(word in shown for word in words), (words, shown[:3000])
                assert same(smime.verify(smime.decrypt(mail, gateway), ca.pem, officer.certificate), content), (name, words)
                opened += 1
    officer, gateway = officers[0], gateways[0]
    # Encrypted, then signed; three layers; two signers; two readers.
    wrapped = as_mail(smime.sign_opaque(smime.encrypt(content, gateway.certificate), officer), officer)
    assert same(smime.decrypt(smime.verify(wrapped, ca.pem, officer.certificate), gateway), content)
    triple = as_mail(smime.triple_wrap(content, officer, *(one.certificate for one in gateways)), officer)
    for one in gateways:
        within = smime.decrypt(smime.verify(triple, ca.pem, officer.certificate), one)
        assert same(smime.verify(within, ca.pem, officer.certificate), content)
    two = smime.printed(smime.sign_opaque(content, *officers))
    assert two.count("d.issuerAndSerialNumber") == 2, two[:2000]
    # A changed byte is found, and so is a certificate that must not sign.
    signed = smime.sign_detached(content, officer)
    assert not verifies(signed.replace(b"school", b"schooI"), ca) and b"school" in signed
    for name, bad in bad_certificates(ca).items():
        assert not verifies(smime.sign_opaque(content, bad), ca), name
    revoked = ca.issue("Revoked", "s.ali@police.example")
    crl = ca.revoke("Revoked")
    assert verifies(smime.sign_opaque(content, revoked), ca)
    assert not verifies(smime.sign_opaque(content, revoked), ca, "-CRLfile", crl, "-crl_check")
    for style in (styles.python, styles.thunderbird, styles.outlook, styles.outlook_html, styles.protected):
        read = email.message_from_bytes(as_mail(style(TEXT, FILES[:1]), officer, styles.OUTLOOK), policy=email.policy.default)
        files = {part.get_filename(): part.get_payload(decode=True) for part in read.walk() if part.get_filename()}
        assert files == {"report.pdf": FILES[0][2]}, (style.__name__, list(files))
        body = read.get_body(("plain", "html")).get_content()
        assert "seen at the school" in body and "MANAGE" in body, (style.__name__, body)
    rich = email.message_from_bytes(as_mail(styles.winmail(TEXT, FILES[:1]), officer))
    packed = next(part.get_payload(decode=True) for part in rich.walk() if part.get_filename() == "winmail.dat")
    assert FILES[0][2] in packed and b"report.pdf\0" in packed and packed[:4] == bytes.fromhex("789f3e22")
    print(f"{opened} mails opened as they were made")


def bad_certificates(ca):
    address = "s.ali@police.example"
    return {
        "expired": ca.issue("Expired", address, begins=2020, ends=2021),
        "not yet": ca.issue("NotYet", address, begins=2039),
        "server's": ca.issue("Server", address, use=(SERVER,)),
        "another's": Authority.made(ca.folder / "other").issue("Other", address),
    }


def verifies(entity, ca, *more):
    said = smime.File(as_mail(entity, ca.issue("Nobody", "s.ali@police.example")))
    return smime.cms("-verify", "-inform", "SMIME", "-in", said, "-CAfile", ca.pem, *more, fails=True) is not None


if __name__ == "__main__":
    with tempfile.TemporaryDirectory(prefix="makers-") as folder:
        main(pathlib.Path(folder))
