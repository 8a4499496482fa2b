// Speaks age with the npm package `age-encryption`, for the tests of gateway-seal.
//
//   node seal_age.mjs keygen                 prints a post-quantum identity, then its recipient
//   node seal_age.mjs recipient FILE         prints the recipient of the identity in FILE
//   node seal_age.mjs encrypt RECIPIENT      standard input → age file on standard output
//   node seal_age.mjs decrypt FILE           age file on standard input → plaintext
import { readFileSync, writeSync } from "node:fs";
import { Decrypter, Encrypter, generateHybridIdentity, identityToRecipient } from "age-encryption";

const [command, argument] = process.argv.slice(2);
const identity = () => readFileSync(argument, "utf8").trim();
const input = () => new Uint8Array(readFileSync(0));

function put(bytes) {
  for (let at = 0; at < bytes.length; ) at += writeSync(1, bytes, at);
}

switch (command) {
  case "keygen": {
    const key = await generateHybridIdentity();
    console.log(key);
    console.log(await identityToRecipient(key));
    break;
  }
  case "recipient":
    console.log(await identityToRecipient(identity()));
    break;
  case "encrypt": {
    const encrypter = new Encrypter();
    encrypter.addRecipient(argument);
    put(await encrypter.encrypt(input()));
    break;
  }
  case "decrypt": {
    const decrypter = new Decrypter();
    decrypter.addIdentity(identity());
    put(await decrypter.decrypt(input()));
    break;
  }
  default:
    console.error("usage: seal_age.mjs keygen | recipient FILE | encrypt RECIPIENT | decrypt FILE");
    process.exit(2);
}
