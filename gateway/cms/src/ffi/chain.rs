//! A chain of OpenSSL's BIOs, owned.

use std::{
    ffi::{c_int, c_long},
    marker::PhantomData,
    ptr,
};

use openssl::error::ErrorStack;
use openssl_sys as sys;
use zeroize::Zeroizing;

use super::declared::{BIO_free, BIO_pop};

/// How much is read or written at a time.
pub(super) const CHUNK: usize = 16 * 1024;

/// A chain of BIOs down to, not including, `end` (null: the whole chain); freed when dropped.
pub(super) struct Chain<'a> {
    pub(super) top: *mut sys::BIO,
    end: *mut sys::BIO,
    reads: PhantomData<&'a [u8]>,
}

impl<'a> Chain<'a> {
    pub(super) fn new(top: *mut sys::BIO, end: *mut sys::BIO) -> Result<Self, ErrorStack> {
        if top.is_null() {
            return Err(ErrorStack::get());
        }
        Ok(Self {
            top,
            end,
            reads: PhantomData,
        })
    }

    /// A BIO that reads bytes.
    pub(super) fn over(bytes: &'a [u8]) -> Result<Self, ErrorStack> {
        // More than 2 GiB is refused, not cut: a part of a message must never be signed.
        let length = c_int::try_from(bytes.len()).map_err(|_| ErrorStack::get())?;
        // SAFETY: the pointer is good for `length` bytes, which OpenSSL only reads, and `'a`
        // keeps it borrowed for as long as the chain lives.
        let bio = unsafe { sys::BIO_new_mem_buf(bytes.as_ptr().cast(), length) };
        Self::new(bio, ptr::null_mut())
    }

    pub(super) fn memory() -> Result<Self, ErrorStack> {
        // SAFETY: both calls take no pointer of ours.
        let bio = unsafe { sys::BIO_new(sys::BIO_s_mem()) };
        Self::new(bio, ptr::null_mut())
    }

    /// Reads what there is now, up to a buffer's length; 0 at the end.
    pub(super) fn read(&mut self, buffer: &mut [u8]) -> Result<usize, ErrorStack> {
        let length = c_int::try_from(buffer.len()).unwrap_or(c_int::MAX);
        // SAFETY: `top` is a live BIO and the buffer may be written for `length` bytes.
        let read = unsafe { sys::BIO_read(self.top, buffer.as_mut_ptr().cast(), length) };
        usize::try_from(read).map_err(|_| ErrorStack::get())
    }

    /// Reads to the end. Room for all of it should be there, so that no copy is left behind.
    pub(super) fn read_to_end(&mut self, mut to: Option<&mut Vec<u8>>) -> Result<(), ErrorStack> {
        let mut buffer = Zeroizing::new([0; CHUNK]);
        loop {
            let read = self.read(buffer.as_mut_slice())?;
            match (buffer.get(..read), &mut to) {
                (None | Some([]), _) => return Ok(()),
                (Some(bytes), Some(to)) => to.extend_from_slice(bytes),
                (Some(_), None) => {}
            }
        }
    }

    pub(super) fn write(&mut self, mut bytes: &[u8]) -> Result<(), ErrorStack> {
        while !bytes.is_empty() {
            let length = c_int::try_from(bytes.len()).unwrap_or(c_int::MAX);
            // SAFETY: `top` is a live BIO and the pointer is good for `length` bytes.
            let written = unsafe { sys::BIO_write(self.top, bytes.as_ptr().cast(), length) };
            match usize::try_from(written).ok().and_then(|n| bytes.get(n..)) {
                Some(rest) if written > 0 => bytes = rest,
                _ => return Err(ErrorStack::get()),
            }
        }
        Ok(())
    }

    pub(super) fn control(&mut self, command: c_int) -> c_long {
        // SAFETY: `top` is a live BIO; neither command used here takes an argument.
        unsafe { sys::BIO_ctrl(self.top, command, 0, ptr::null_mut()) }
    }
}

impl Drop for Chain<'_> {
    fn drop(&mut self) {
        while !self.top.is_null() && self.top != self.end {
            // SAFETY: `top` is a live BIO that this chain owns; `BIO_pop` takes it off and
            // answers the next, after which it is freed once.
            unsafe {
                let next = BIO_pop(self.top);
                BIO_free(self.top);
                self.top = next;
            }
        }
    }
}
