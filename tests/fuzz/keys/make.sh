#!/usr/bin/env bash
# make.sh: makes the keys and the S/MIME corpus of the fuzz target `cms`, with the `openssl`
# command line. The keys are the fuzzing's own and good for nothing else; they are kept, so
# that the corpus can be opened.
set -euo pipefail
cd "$(dirname "$0")"
corpus=../corpus/cms
scratch=$(mktemp -d)
trap 'rm -r "$scratch"' EXIT

openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 36500 -subj '/CN=fuzz root' \
  -keyout "$scratch/root.key" -out root.pem 2>/dev/null
for kind in ec rsa; do
  options=(-newkey rsa:2048)
  [[ $kind == rsa ]] || options=(-newkey ec -pkeyopt ec_paramgen_curve:P-256)
  openssl req "${options[@]}" -nodes -subj "/CN=$kind" -keyout "$kind.key" -out "$scratch/$kind.csr" 2>/dev/null
  openssl x509 -req -in "$scratch/$kind.csr" -CA root.pem -CAkey "$scratch/root.key" -CAcreateserial \
    -days 36500 -sha256 -out "$kind.pem" -extfile - 2>/dev/null <<'EXT'
basicConstraints = CA:FALSE
keyUsage = critical,digitalSignature,keyEncipherment,keyAgreement
extendedKeyUsage = emailProtection
subjectAltName = email:officer@police.example
EXT
done
rm -f root.srl

printf 'Content-Type: text/plain\r\n\r\nA word.\r\n' >"$scratch/mail"
for kind in ec rsa; do
  sign=(openssl cms -sign -binary -in "$scratch/mail" -signer "$kind.pem" -inkey "$kind.key" -outform DER)
  "${sign[@]}" -nodetach -out "$corpus/signed-$kind.der"
  "${sign[@]}" -out "$corpus/detached-$kind.der"
  for cipher in aes-128-cbc aes-256-gcm; do
    openssl cms -encrypt -binary -$cipher -in "$corpus/signed-$kind.der" -outform DER \
      -recip $kind.pem -out "$corpus/$cipher-$kind.der"
  done
done
openssl cms -encrypt -binary -aes-256-cbc -in "$scratch/mail" -stream -outform DER \
  -recip rsa.pem -keyopt rsa_padding_mode:oaep -out "$corpus/oaep-streamed.ber"
openssl cms -encrypt -binary -aes-256-cbc -in "$scratch/mail" -outform SMIME \
  -recip ec.pem -recip rsa.pem -out "$corpus/two-recipients.p7m"
openssl cms -encrypt -binary -aes-256-cbc -in "$scratch/mail" -outform PEM \
  -recip ec.pem -out "$corpus/armoured.pem"
