//! The portal: server-rendered pages for people with nothing but a browser. Whoever signs in
//! sees what waits for their agency, opens it, takes it and its proof, and signs out.
//!
//! What it will not do: hold a key, or show anything that has not passed the vault and the log;
//! need a script; load anything from elsewhere. To add a page, write its handler and its
//! template in the folder `page`, and list it in [`router`].

mod assets;
mod component;

#[cfg(test)]
mod x {}
