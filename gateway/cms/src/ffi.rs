//! Every call that the `openssl` crate has no safe form for. This is the one module of the
//! project with `unsafe` in it: each function here is safe to call with any argument, keeps its
//! pointers to itself, and frees what it made on every path.
//!
//! OpenSSL 3.0 or later is needed (`EVP_PKEY_CTX_set_ecdh_kdf_md` is a function from there on).

use std::{
    ffi::{c_int, c_long, c_void},
    io::{Read, Write},
    ptr,
};

use foreign_types::{ForeignType, ForeignTypeRef};
use openssl::{
    cms::CmsContentInfo,
    error::ErrorStack,
    nid::Nid,
    pkey::{PKeyRef, Private},
    stack::{Stack, StackRef},
    symm::Cipher,
    x509::{
        X509, X509AlgorithmRef, X509CrlRef, X509Ref, X509StoreContextRef,
        store::X509StoreBuilderRef,
    },
};
use openssl_sys as sys;
use zeroize::Zeroizing;

mod chain;
mod declared;

use chain::{CHUNK, Chain};
use declared::{
    BIO_new_CMS, CMS_RecipientInfo_get0_pkey_ctx, CMS_RecipientInfo_type, CMS_SignerInfo_get0_algs,
    CMS_SignerInfo_verify, CMS_SignerInfo_verify_content, CMS_add_simple_smimecap,
    CMS_add_smimecap, CMS_add1_cert, CMS_add1_recipient_cert, CMS_add1_signer, CMS_dataInit,
    CMS_decrypt_set1_pkey, CMS_final, CMS_get0_SignerInfos, CMS_get0_eContentType, CMS_get1_certs,
    CMS_is_detached, CMS_set1_signers_certs, CMS_signed_add1_attr_by_NID, CMS_signed_get_attr,
    CMS_signed_get_attr_by_NID, EVP_PKEY_CTX_set_ecdh_kdf_md, SignerInfo, X509_STORE_CTX_set_time,
    X509_STORE_CTX_set_verify_cb, X509_STORE_add_crl,
};

/// `BIO_C_GET_CIPHER_STATUS` of `openssl/bio.h`.
const GET_CIPHER_STATUS: c_int = 113;
/// `CMS_RECIPINFO_TRANS` and `CMS_RECIPINFO_AGREE` of `openssl/cms.h`.
const KEY_TRANSPORT: c_int = 0;
const KEY_AGREEMENT: c_int = 1;

fn done(result: c_int) -> Result<(), ErrorStack> {
    if result > 0 {
        Ok(())
    } else {
        Err(ErrorStack::get())
    }
}

/// Opens an enveloped message with the key of one of its recipients; `None` where the certificate
/// is none of theirs. The certificate is always given, so that OpenSSL tries that recipient alone
/// and goes on with a random key where an RSA key transport does not open (RFC 3218): a wrong
/// padding then looks like a wrong content.
pub(crate) fn decrypt(
    cms: &mut CmsContentInfo,
    key: &PKeyRef<Private>,
    cert: &X509Ref,
    room: usize,
) -> Result<Option<Zeroizing<Vec<u8>>>, ErrorStack> {
    // What somebody else left in this thread's queue would be taken for an answer below.
    drop(ErrorStack::get());
    // SAFETY: the three are live and OpenSSL takes its own references.
    let set = unsafe { CMS_decrypt_set1_pkey(cms.as_ptr(), key.as_ptr(), cert.as_ptr()) };
    match done(set) {
        Ok(()) => {}
        Err(error) if not_named(&error) => return Ok(None),
        Err(error) => return Err(error),
    }
    // SAFETY: the chain reads from memory of `cms`, which stays borrowed while the chain lives.
    let mut chain =
        unsafe { Chain::new(CMS_dataInit(cms.as_ptr(), ptr::null_mut()), ptr::null_mut())? };
    let mut content = Zeroizing::new(Vec::with_capacity(room));
    chain.read_to_end(Some(&mut content))?;
    if chain.control(GET_CIPHER_STATUS) <= 0 {
        return Err(ErrorStack::get());
    }
    Ok(Some(content))
}

/// `CMS_R_NO_MATCHING_RECIPIENT` of `ERR_LIB_CMS` (`openssl/cmserr.h`, `openssl/err.h`), or no
/// error at all, which is what OpenSSL has for a key of a kind that another recipient has.
fn not_named(error: &ErrorStack) -> bool {
    let errors = error.errors();
    errors.is_empty()
        || errors
            .iter()
            .any(|e| e.library_code() == 46 && e.reason_code() == 132)
}

/// What a `SignerInfo` says, and whether its signature is good. Nothing is said of its chain.
pub(crate) struct RawSigner {
    pub(crate) certificate: Option<X509>,
    pub(crate) digest: Nid,
    pub(crate) content_type: Option<Vec<u8>>,
    pub(crate) signing_time: Option<Vec<u8>>,
    pub(crate) capabilities: Option<Vec<u8>>,
    pub(crate) good: bool,
}

/// Whether the content lies outside, and whether its type is `id-data`.
pub(crate) fn shape(cms: &mut CmsContentInfo) -> (bool, bool) {
    // SAFETY: `cms` is live; the type that is answered belongs to it and is only compared. A
    // null type gives `NID_undef`.
    let (detached, nid) = unsafe {
        let kind = CMS_get0_eContentType(cms.as_ptr());
        let nid = if kind.is_null() {
            0
        } else {
            sys::OBJ_obj2nid(kind)
        };
        (CMS_is_detached(cms.as_ptr()), nid)
    };
    drop(ErrorStack::get());
    (detached == 1, nid == Nid::PKCS7_DATA.as_raw())
}

/// Reads a signed message's content (room for it given) and every signer; a signer's certificate
/// is one of those known, or one in the message.
pub(crate) fn read_signed(
    cms: &mut CmsContentInfo,
    known: &StackRef<X509>,
    detached: Option<&[u8]>,
    room: usize,
) -> Result<(Zeroizing<Vec<u8>>, Vec<RawSigner>), ErrorStack> {
    let outside = detached.map(Chain::over).transpose()?;
    let below = outside.as_ref().map_or(ptr::null_mut(), |chain| chain.top);
    // SAFETY: `cms` is live and stays borrowed while the chain, which reads from it, lives. A
    // signer takes its own reference to the one of `known` that is its certificate. On success `below` is the chain's end; it is owned by `outside`, which is dropped after it.
    let mut chain = unsafe {
        CMS_set1_signers_certs(cms.as_ptr(), known.as_ptr(), 0);
        Chain::new(CMS_dataInit(cms.as_ptr(), below), below)?
    };
    let mut content = Zeroizing::new(Vec::with_capacity(room));
    let keep = detached.is_none();
    chain.read_to_end(keep.then_some(&mut *content))?;
    let mut signers = Vec::new();
    for signer in signer_infos(cms) {
        // SAFETY: `signer` belongs to `cms`, which is live and not changed meanwhile.
        signers.push(unsafe { read_signer(signer, &chain) });
    }
    Ok((content, signers))
}

/// The signers of a message, in its order. The pointers are good while `cms` lives.
fn signer_infos(cms: &CmsContentInfo) -> Vec<*mut SignerInfo> {
    // SAFETY: `cms` is live. A message that is not signed has a null stack, of length -1.
    unsafe {
        let stack = CMS_get0_SignerInfos(cms.as_ptr());
        (0..sys::OPENSSL_sk_num(stack))
            .map(|at| sys::OPENSSL_sk_value(stack, at).cast())
            .collect()
    }
}

/// How many signers a message has.
pub(crate) fn signer_count(cms: &CmsContentInfo) -> usize {
    signer_infos(cms).len()
}

/// # Safety
/// `signer` is live, and `chain` has read all of its message's content.
unsafe fn read_signer(signer: *mut SignerInfo, chain: &Chain<'_>) -> RawSigner {
    // SAFETY: `signer` is live as the caller says; what it lends is copied at once, and null
    // where there is none. `CMS_SignerInfo_verify` refuses a signer with no certificate.
    unsafe {
        let mut cert = ptr::null_mut();
        let mut digest = ptr::null_mut();
        CMS_SignerInfo_get0_algs(
            signer,
            ptr::null_mut(),
            &raw mut cert,
            &raw mut digest,
            ptr::null_mut(),
        );
        let raw = RawSigner {
            certificate: (!cert.is_null()).then(|| X509Ref::from_ptr(cert).to_owned()),
            digest: if digest.is_null() {
                Nid::UNDEF
            } else {
                X509AlgorithmRef::from_ptr(digest).object().nid()
            },
            content_type: signed_attribute(signer, sys::NID_pkcs9_contentType),
            signing_time: signed_attribute(signer, sys::NID_pkcs9_signingTime),
            capabilities: signed_attribute(signer, sys::NID_SMIMECapabilities),
            good: !cert.is_null()
                && CMS_SignerInfo_verify(signer) > 0
                && CMS_SignerInfo_verify_content(signer, chain.top) > 0,
        };
        drop(ErrorStack::get());
        raw
    }
}

/// The DER of a signed attribute's one value; `None` where there is not exactly one.
///
/// # Safety
/// `signer` is live.
unsafe fn signed_attribute(signer: *const SignerInfo, nid: c_int) -> Option<Vec<u8>> {
    // SAFETY: `signer` is live; the attribute and its value belong to it. `i2d_ASN1_TYPE` first
    // answers the length, then writes exactly that many bytes.
    unsafe {
        let at = CMS_signed_get_attr_by_NID(signer, nid, -1);
        if at < 0 || CMS_signed_get_attr_by_NID(signer, nid, at) >= 0 {
            return None;
        }
        let attribute = CMS_signed_get_attr(signer, at);
        if attribute.is_null() || sys::X509_ATTRIBUTE_count(attribute) != 1 {
            return None;
        }
        let value = sys::X509_ATTRIBUTE_get0_type(attribute, 0);
        if value.is_null() {
            return None;
        }
        let length = usize::try_from(sys::i2d_ASN1_TYPE(value, ptr::null_mut())).ok()?;
        let mut der = vec![0; length];
        let mut to = der.as_mut_ptr();
        (sys::i2d_ASN1_TYPE(value, &raw mut to) > 0).then_some(der)
    }
}

/// The certificates in a signed message.
pub(crate) fn certificates(cms: &mut CmsContentInfo) -> Result<Stack<X509>, ErrorStack> {
    // SAFETY: `cms` is live; the stack that is answered is ours, with a reference to each
    // certificate. Null means that there are none.
    let certs = unsafe {
        let stack = CMS_get1_certs(cms.as_ptr());
        (!stack.is_null()).then(|| Stack::from_ptr(stack))
    };
    drop(ErrorStack::get());
    certs.map_or_else(Stack::new, Ok)
}

/// Adds a revocation list to a store.
pub(crate) fn add_crl(store: &mut X509StoreBuilderRef, crl: &X509CrlRef) -> Result<(), ErrorStack> {
    // SAFETY: both are live, and the store takes its own reference.
    done(unsafe { X509_STORE_add_crl(store.as_ptr(), crl.as_ptr()) })
}

/// Has a chain checked at a time (seconds since 1970), and has a missing revocation list noted
/// (`X509_V_ERR_UNABLE_TO_GET_CRL` stays as the context's error) instead of ending the check.
pub(crate) fn check_at(ctx: &mut X509StoreContextRef, time: c_long) {
    // SAFETY: the context is live, and the callback is a function of this module.
    unsafe {
        X509_STORE_CTX_set_time(ctx.as_ptr(), 0, time);
        X509_STORE_CTX_set_verify_cb(ctx.as_ptr(), Some(pass_without_crl));
    }
}

unsafe extern "C" fn pass_without_crl(ok: c_int, ctx: *mut sys::X509_STORE_CTX) -> c_int {
    // SAFETY: OpenSSL calls this with the live context that is being checked.
    let error = unsafe { sys::X509_STORE_CTX_get_error(ctx) };
    c_int::from(ok == 1 || error == sys::X509_V_ERR_UNABLE_TO_GET_CRL)
}

/// Signs with SHA-256, with a chain, a signing time (`UTCTime` or `GeneralizedTime`, by tag) and
/// the capabilities named by their numbers.
pub(crate) fn sign(
    content: &[u8],
    detached: bool,
    cert: &X509Ref,
    key: &PKeyRef<Private>,
    chain: &StackRef<X509>,
    time: (u8, &str),
    capabilities: &[Nid],
) -> Result<CmsContentInfo, ErrorStack> {
    let flags = sys::CMS_PARTIAL | sys::CMS_BINARY | if detached { sys::CMS_DETACHED } else { 0 };
    let none = ptr::null_mut();
    let data = Chain::over(content)?;
    // SAFETY: every argument is live and OpenSSL takes its own references and copies; `cms` owns
    // what it answers; the signer belongs to it. `algs` is made by the first call that succeeds,
    // copied into the signer, and freed here.
    unsafe {
        let cms = sys::CMS_sign(
            none,
            ptr::null_mut(),
            ptr::null_mut(),
            ptr::null_mut(),
            flags,
        );
        if cms.is_null() {
            return Err(ErrorStack::get());
        }
        let cms = CmsContentInfo::from_ptr(cms);
        let signer = CMS_add1_signer(
            cms.as_ptr(),
            cert.as_ptr(),
            key.as_ptr(),
            sys::EVP_sha256(),
            flags | sys::CMS_NOSMIMECAP,
        );
        if signer.is_null() {
            return Err(ErrorStack::get());
        }
        for cert in chain {
            done(CMS_add1_cert(cms.as_ptr(), cert.as_ptr()))?;
        }
        let length = c_int::try_from(time.1.len()).unwrap_or(0);
        done(CMS_signed_add1_attr_by_NID(
            signer,
            sys::NID_pkcs9_signingTime,
            c_int::from(time.0),
            time.1.as_ptr().cast(),
            length,
        ))?;
        let mut algs = ptr::null_mut();
        let added = capabilities
            .iter()
            .all(|nid| CMS_add_simple_smimecap(&raw mut algs, nid.as_raw(), -1) > 0)
            && CMS_add_smimecap(signer, algs) > 0;
        sys::OPENSSL_sk_pop_free(algs, Some(free_algorithm));
        done(c_int::from(added))?;
        done(CMS_final(cms.as_ptr(), data.top, ptr::null_mut(), flags))?;
        Ok(cms)
    }
}

unsafe extern "C" fn free_algorithm(algorithm: *mut c_void) {
    // SAFETY: called by `OPENSSL_sk_pop_free` once for each `X509_ALGOR` of its stack.
    unsafe { sys::X509_ALGOR_free(algorithm.cast()) }
}

/// Why a stream was not encrypted.
pub(crate) enum StreamFault {
    OpenSsl(ErrorStack),
    Empty,
    Read(std::io::Error),
    Write(std::io::Error),
}

impl From<ErrorStack> for StreamFault {
    fn from(error: ErrorStack) -> Self {
        Self::OpenSsl(error)
    }
}

/// Encrypts what it reads to the certificates and writes it as BER, a chunk at a time. With
/// `oaep`, RSA keys are carried with OAEP and SHA-256, else with PKCS#1 v1.5; keys for elliptic
/// curves are always derived with SHA-256.
pub(crate) fn encrypt(
    from: &mut dyn Read,
    to: &mut dyn Write,
    certs: &[&X509Ref],
    cipher: Cipher,
    oaep: bool,
) -> Result<(), StreamFault> {
    let flags = sys::CMS_PARTIAL | sys::CMS_STREAM | sys::CMS_BINARY;
    let none = ptr::null_mut();
    // SAFETY: with `CMS_PARTIAL` there need be no recipients and no data yet. The cipher is one
    // of OpenSSL's own, which live for ever.
    let cms = unsafe {
        let cms = sys::CMS_encrypt(none, ptr::null_mut(), cipher.as_ptr(), flags);
        if cms.is_null() {
            return Err(ErrorStack::get().into());
        }
        CmsContentInfo::from_ptr(cms)
    };
    for cert in certs {
        add_recipient(&cms, cert, oaep)?;
    }
    let mut out = Chain::memory()?;
    // SAFETY: `out` and `cms` are declared before the chain, so they outlive it.
    let mut chain = unsafe { Chain::new(BIO_new_CMS(out.top, cms.as_ptr()), out.top)? };
    let mut buffer = Zeroizing::new([0; CHUNK]);
    let mut empty = true;
    loop {
        let read = match from.read(buffer.as_mut_slice()) {
            Ok(0) => break,
            Ok(read) => read,
            // A reader that was interrupted is asked again.
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(StreamFault::Read(error)),
        };
        chain.write(buffer.get(..read).unwrap_or_default())?;
        drain(&mut out, to)?;
        empty = false;
    }
    if empty {
        return Err(StreamFault::Empty);
    }
    if chain.control(sys::BIO_CTRL_FLUSH) <= 0 {
        return Err(ErrorStack::get().into());
    }
    drain(&mut out, to)
}

/// Writes on what has gathered in memory.
fn drain(out: &mut Chain<'_>, to: &mut dyn Write) -> Result<(), StreamFault> {
    let mut buffer = [0; CHUNK];
    // An empty memory BIO answers -1, with no error in the queue.
    while let Ok(read @ 1..) = out.read(&mut buffer) {
        to.write_all(buffer.get(..read).unwrap_or_default())
            .map_err(StreamFault::Write)?;
    }
    Ok(())
}

fn add_recipient(cms: &CmsContentInfo, cert: &X509Ref, oaep: bool) -> Result<(), ErrorStack> {
    let flags = sys::CMS_KEY_PARAM | sys::CMS_BINARY;
    // SAFETY: both are live; the recipient and its context belong to `cms`. The digest is one of
    // OpenSSL's own: the `*mut` of the bindings is not written through.
    unsafe {
        let recipient = CMS_add1_recipient_cert(cms.as_ptr(), cert.as_ptr(), flags);
        if recipient.is_null() {
            return Err(ErrorStack::get());
        }
        let ctx = CMS_RecipientInfo_get0_pkey_ctx(recipient);
        let sha256 = sys::EVP_sha256();
        match CMS_RecipientInfo_type(recipient) {
            _ if ctx.is_null() => Err(ErrorStack::get()),
            KEY_AGREEMENT => done(EVP_PKEY_CTX_set_ecdh_kdf_md(ctx, sha256)),
            KEY_TRANSPORT if oaep => {
                done(sys::EVP_PKEY_CTX_set_rsa_padding(
                    ctx,
                    sys::RSA_PKCS1_OAEP_PADDING,
                ))?;
                done(sys::EVP_PKEY_CTX_set_rsa_oaep_md(ctx, sha256.cast_mut()))?;
                done(sys::EVP_PKEY_CTX_set_rsa_mgf1_md(ctx, sha256.cast_mut()))
            }
            _ => Ok(()),
        }
    }
}
