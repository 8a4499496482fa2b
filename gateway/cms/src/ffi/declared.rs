//! The functions of OpenSSL that its bindings lack.

use std::ffi::{c_int, c_long, c_uint, c_ulong, c_void};

use openssl_sys as sys;

pub(super) enum SignerInfo {}
pub(super) enum RecipientInfo {}

// SAFETY: the declarations are those of `openssl/cms.h`, `evp.h`, `bio.h` and `x509_vfy.h` of
// OpenSSL 3; all of these functions are exported by libcrypto.
unsafe extern "C" {
    pub(super) fn CMS_get0_SignerInfos(cms: *mut sys::CMS_ContentInfo) -> *mut sys::OPENSSL_STACK;
    pub(super) fn CMS_set1_signers_certs(
        cms: *mut sys::CMS_ContentInfo,
        certs: *mut sys::stack_st_X509,
        flags: c_uint,
    ) -> c_int;
    pub(super) fn CMS_get1_certs(cms: *mut sys::CMS_ContentInfo) -> *mut sys::stack_st_X509;
    pub(super) fn CMS_SignerInfo_get0_algs(
        signer: *mut SignerInfo,
        key: *mut *mut sys::EVP_PKEY,
        cert: *mut *mut sys::X509,
        digest: *mut *mut sys::X509_ALGOR,
        signature: *mut *mut sys::X509_ALGOR,
    );
    pub(super) fn CMS_SignerInfo_verify(signer: *mut SignerInfo) -> c_int;
    pub(super) fn CMS_SignerInfo_verify_content(
        signer: *mut SignerInfo,
        chain: *mut sys::BIO,
    ) -> c_int;
    pub(super) fn CMS_signed_get_attr_by_NID(
        signer: *const SignerInfo,
        nid: c_int,
        last: c_int,
    ) -> c_int;
    pub(super) fn CMS_signed_get_attr(
        signer: *const SignerInfo,
        at: c_int,
    ) -> *mut sys::X509_ATTRIBUTE;
    pub(super) fn CMS_signed_add1_attr_by_NID(
        signer: *mut SignerInfo,
        nid: c_int,
        kind: c_int,
        bytes: *const c_void,
        length: c_int,
    ) -> c_int;
    pub(super) fn CMS_add_simple_smimecap(
        algs: *mut *mut sys::OPENSSL_STACK,
        nid: c_int,
        key_size: c_int,
    ) -> c_int;
    pub(super) fn CMS_add_smimecap(signer: *mut SignerInfo, algs: *mut sys::OPENSSL_STACK)
    -> c_int;
    pub(super) fn CMS_get0_eContentType(cms: *mut sys::CMS_ContentInfo) -> *const sys::ASN1_OBJECT;
    pub(super) fn CMS_is_detached(cms: *mut sys::CMS_ContentInfo) -> c_int;
    pub(super) fn CMS_dataInit(
        cms: *mut sys::CMS_ContentInfo,
        content: *mut sys::BIO,
    ) -> *mut sys::BIO;
    pub(super) fn CMS_decrypt_set1_pkey(
        cms: *mut sys::CMS_ContentInfo,
        key: *mut sys::EVP_PKEY,
        cert: *mut sys::X509,
    ) -> c_int;
    pub(super) fn CMS_add1_signer(
        cms: *mut sys::CMS_ContentInfo,
        cert: *mut sys::X509,
        key: *mut sys::EVP_PKEY,
        digest: *const sys::EVP_MD,
        flags: c_uint,
    ) -> *mut SignerInfo;
    pub(super) fn CMS_add1_cert(cms: *mut sys::CMS_ContentInfo, cert: *mut sys::X509) -> c_int;
    pub(super) fn CMS_final(
        cms: *mut sys::CMS_ContentInfo,
        data: *mut sys::BIO,
        detached: *mut sys::BIO,
        flags: c_uint,
    ) -> c_int;
    pub(super) fn CMS_add1_recipient_cert(
        cms: *mut sys::CMS_ContentInfo,
        cert: *mut sys::X509,
        flags: c_uint,
    ) -> *mut RecipientInfo;
    pub(super) fn CMS_RecipientInfo_type(recipient: *mut RecipientInfo) -> c_int;
    pub(super) fn CMS_RecipientInfo_get0_pkey_ctx(
        recipient: *mut RecipientInfo,
    ) -> *mut sys::EVP_PKEY_CTX;
    pub(super) fn EVP_PKEY_CTX_set_ecdh_kdf_md(
        ctx: *mut sys::EVP_PKEY_CTX,
        md: *const sys::EVP_MD,
    ) -> c_int;
    pub(super) fn BIO_new_CMS(out: *mut sys::BIO, cms: *mut sys::CMS_ContentInfo) -> *mut sys::BIO;
    pub(super) fn BIO_pop(bio: *mut sys::BIO) -> *mut sys::BIO;
    pub(super) fn BIO_free(bio: *mut sys::BIO) -> c_int;
    pub(super) fn X509_STORE_add_crl(store: *mut sys::X509_STORE, crl: *mut sys::X509_CRL)
    -> c_int;
    pub(super) fn X509_STORE_CTX_set_time(
        ctx: *mut sys::X509_STORE_CTX,
        flags: c_ulong,
        time: c_long,
    );
    pub(super) fn X509_STORE_CTX_set_verify_cb(
        ctx: *mut sys::X509_STORE_CTX,
        callback: Option<unsafe extern "C" fn(c_int, *mut sys::X509_STORE_CTX) -> c_int>,
    );
}
