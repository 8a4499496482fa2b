//! Where a security key or passkey is asked for its answer.

use askama::Template;

use super::Html;

/// A form that goes with a key's answer, which the script puts into it.
#[derive(Debug, Template)]
#[template(path = "component/key_form.html")]
pub(crate) struct KeyForm<'a> {
    pub(crate) action: &'a str,
    /// The token of the form; empty where the address itself is known to one person.
    pub(crate) token: &'a str,
    /// The page to go on with; empty, none.
    pub(crate) next: &'a str,
    pub(crate) ceremony: &'a str,
    /// What the browser is to ask the key, JSON.
    pub(crate) options: &'a str,
    /// What more there is to fill in.
    pub(crate) fields: Html,
    /// What the button says.
    pub(crate) button: &'a str,
    /// What to do in a browser without scripts.
    pub(crate) plain: &'a str,
}

/// The offer to use a key.
#[derive(Debug, Template)]
#[template(path = "component/key_offer.html")]
pub(crate) struct KeyOffer<'a> {
    pub(crate) text: &'a str,
    pub(crate) href: &'a str,
    pub(crate) button: &'a str,
    /// The one place where keys are good, where it is not this.
    pub(crate) elsewhere: Option<&'a str>,
}
