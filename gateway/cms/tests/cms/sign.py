"""Signs a file as Python's `cryptography` does: sign.py HOLDER opaque|detached FILE."""

import sys

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.serialization import pkcs7

cert = x509.load_pem_x509_certificate(open(sys.argv[1] + ".pem", "rb").read())
key = serialization.load_pem_private_key(open(sys.argv[1] + ".key", "rb").read(), None)
options = [pkcs7.PKCS7Options.Binary]
if sys.argv[2] == "detached":
    options.append(pkcs7.PKCS7Options.DetachedSignature)
builder = pkcs7.PKCS7SignatureBuilder().set_data(open(sys.argv[3], "rb").read())
signed = builder.add_signer(cert, key, hashes.SHA256()).sign(serialization.Encoding.DER, options)
sys.stdout.buffer.write(signed)
