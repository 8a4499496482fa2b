//! What frames a page.

use askama::Template;

use super::Html;

/// Leads past what every page begins with.
#[derive(Debug, Template)]
#[template(path = "component/skip_link.html")]
pub(crate) struct SkipLink<'a> {
    pub(crate) href: &'a str,
    pub(crate) text: &'a str,
}

/// The header of a service that is not on gov.uk.
#[derive(Debug, Template)]
#[template(path = "component/generic_header.html")]
pub(crate) struct GenericHeader<'a> {
    pub(crate) url: &'a str,
    pub(crate) logo: Html,
}

/// The service's name, where one can go in it, and who one is.
#[derive(Debug, Template)]
#[template(path = "component/service_navigation.html")]
pub(crate) struct ServiceNavigation<'a> {
    pub(crate) service_name: &'a str,
    pub(crate) service_url: &'a str,
    pub(crate) navigation: Vec<NavigationItem<'a>>,
    /// The end slot.
    pub(crate) end: Html,
}

/// A place to go.
#[derive(Debug)]
pub(crate) struct NavigationItem<'a> {
    pub(crate) href: &'a str,
    pub(crate) text: &'a str,
    /// It is the page that is shown.
    pub(crate) current: bool,
}

/// Leads to the page above.
#[derive(Debug, Template)]
#[template(path = "component/back_link.html")]
pub(crate) struct BackLink<'a> {
    pub(crate) href: &'a str,
    pub(crate) text: &'a str,
}

/// The pages before and after, where there are any.
#[derive(Debug, Template)]
#[template(path = "component/pagination.html")]
pub(crate) struct Pagination {
    pub(crate) previous: Option<String>,
    pub(crate) next: Option<String>,
}
