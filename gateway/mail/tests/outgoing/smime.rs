use std::fs;
use std::path::Path;

use gateway_cms::{Form, KeyPair, Profile, Recipient, encrypt, sign};
use gateway_mail::compose::{
    Enveloped, Protected, Protection, entity, enveloped, protected_entity, signed, signed_entity,
};
use tempfile::TempDir;

use crate::support::{assert_on_the_wire, file, head, now, run};

struct Person {
    folder: TempDir,
}

impl Person {
    fn new(kind: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
        let key = match kind {
            "rsa" => ["-newkey", "rsa:2048"].to_vec(),
            _ => ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"].to_vec(),
        };
        let (private, certificate) = (at("key"), at("pem"));
        let rest = [
            "-nodes",
            "-keyout",
            &private,
            "-out",
            &certificate,
            "-subj",
            "/CN=gateway",
            "-addext",
            "subjectAltName=email:gateway@gateway.example",
            "-addext",
            "keyUsage=digitalSignature,keyEncipherment,keyAgreement",
            "-addext",
            "extendedKeyUsage=emailProtection",
        ];
        run(
            "openssl",
            &[&["req", "-x509"], &key[..], &rest[..]].concat(),
            b"",
        )
        .unwrap();
        Self { folder }
    }

    fn at(&self, name: &str) -> String {
        self.folder.path().join(name).to_str().unwrap().to_owned()
    }

    fn pair(&self) -> KeyPair {
        let read = |name: &str| fs::read(Path::new(&self.at(name))).unwrap();
        KeyPair::from_pem(&read("pem"), &read("key")).unwrap()
    }

    fn verify(&self, tool: &str, mail: &[u8]) -> Result<Vec<u8>, String> {
        let ca = self.at("pem");
        let asked = [tool, "-verify", "-CAfile", &ca, "-purpose", "smimesign"];
        run("openssl", &asked, mail)
    }
}

#[test]
fn openssl_verifies_what_is_signed_and_finds_what_was_changed() {
    let person = Person::new("ec");
    let text = "größe\n.\nFrom x\nOhne Ende ";
    let entity = entity("seed", text, &[file("a.pdf", &[0; 500])]);
    let der = sign(&entity, Form::Detached, &person.pair(), now()).unwrap();
    let mail = signed(&head(), &entity, &der);
    assert_on_the_wire(&mail);
    for tool in ["cms", "smime"] {
        assert_eq!(person.verify(tool, &mail).unwrap(), entity, "{tool}");
        let changed = String::from_utf8(mail.clone())
            .unwrap()
            .replacen("Ende", "ende", 1);
        assert_ne!(changed.as_bytes(), mail);
        assert!(person.verify(tool, changed.as_bytes()).is_err(), "{tool}");
    }
}

#[test]
fn openssl_decrypts_what_is_enveloped_and_verifies_what_is_inside() {
    for kind in ["rsa", "ec"] {
        let person = Person::new(kind);
        let recipient = Recipient::from_bytes(&fs::read(person.at("pem")).unwrap()).unwrap();
        let inner = head();
        let protected = Protected {
            how: Protection::Cipher,
            head: &inner,
            outer_subject: Some("[ref 1]"),
        };
        let entity = protected_entity("seed", "text", &[], &protected);
        let der = sign(&entity, Form::Detached, &person.pair(), now()).unwrap();
        let inside = signed_entity("seed", &entity, &der);
        for (profile, form) in [
            (Profile::MODERN, Enveloped::Authenticated),
            (Profile::COMPATIBLE, Enveloped::Data),
        ] {
            let mut der = Vec::new();
            encrypt(
                &inside[..],
                std::slice::from_ref(&recipient),
                profile,
                &mut der,
            )
            .unwrap();
            let mut outer = inner.clone();
            outer.subject = "[ref 1]".to_owned();
            let mail = enveloped(&outer, &der, form);
            assert_on_the_wire(&mail);
            let (key, certificate) = (person.at("key"), person.at("pem"));
            let asked = ["cms", "-decrypt", "-inkey", &key, "-recip", &certificate];
            let opened = run("openssl", &asked, &mail).unwrap();
            assert_eq!(opened, inside, "{kind} {form:?}");
            assert_eq!(person.verify("cms", &opened).unwrap(), entity);
        }
    }
}
