//! Who asks: the session behind the cookie, looked up anew for every request.

use std::collections::BTreeSet;

use axum::extract::{Form, FromRequest, FromRequestParts, MatchedPath, Request};
use axum::http::Method;
use axum::http::request::Parts;
use gateway_core::{Personal, Role};
use gateway_flow::FlowError;
use gateway_flow::kept::KeptForm;
use gateway_flow::sign_in::{FRESH, Session, Standing};
use gateway_store::rows::PersonRow;
use jiff::SignedDuration;
use zeroize::Zeroizing;

use crate::stop::Stop;
use crate::{Portal, cookie, whence};

/// The forms with words in them whose pages take them up again where they came too late: each
/// is shown as it was filled in, and nothing is done ([`Visitor::returns`]). A message is a draft,
/// and so is a form that is begun.
pub(crate) const KEPT: [&str; 20] = [
    "/holds/{id}",
    "/messages/{id}/answer",
    "/unmatched/{id}",
    "/agency/people/invite",
    "/agency/people/deputy",
    "/agency/people/{id}/reset",
    "/nominals/{ref}/change/{what}",
    "/nominals/{ref}/messages/{id}/move",
    "/may-i-share",
    "/forms/{form}/new",
    "/custody/claim",
    "/custody/claims/{id}",
    "/hospital-flags/{id}",
    "/messages/{id}/withdraw",
    "/forms/queue",
    "/forms/requests/new",
    "/forms/used/{id}",
    "/health-requests/{id}/review",
    "/health-requests/{id}/wrong-patient",
    "/health-questions/{id}",
];
/// The time that there is to fill in a form with consequences.
const FILLED_IN: SignedDuration = SignedDuration::from_mins(10);

/// The longest way back: that to a download has the ids of fifty messages.
const LONGEST: usize = 2_500;

/// Somebody who is signed in.
pub(crate) struct Visitor {
    /// Their session.
    pub(crate) session: Session,
    /// The cookie's value.
    pub(crate) token: Zeroizing<String>,
    /// What they are now.
    pub(crate) roles: BTreeSet<Role>,
    /// They take up again a form of theirs that came too late: the one kept under this id.
    pub(crate) returns: Option<String>,
}

impl Visitor {
    /// Goes on only where who it is was proved within the last minutes
    /// ([`gateway_flow::sign_in::FRESH`]); else it is proved again first, and `next` is the page to
    /// come back to.
    pub(crate) fn fresh(&self, portal: &Portal, next: &str) -> Result<(), Stop> {
        match self.session.is_fresh(portal.flow.clock.now()) {
            true => Ok(()),
            false => Err(Stop::Again(next.to_owned())),
        }
    }

    /// The same for a form that was opened while it held: there is time to fill it in, so that
    /// what was typed is not lost.
    pub(crate) fn still_fresh(&self, portal: &Portal, next: &str) -> Result<(), Stop> {
        let since = portal.flow.clock.now().duration_since(self.session.proved);
        match since <= FRESH + FILLED_IN {
            true => Ok(()),
            false => Err(Stop::Again(next.to_owned())),
        }
    }

    /// The same for a form with words in it, sent to `path`: they are kept meanwhile.
    pub(crate) async fn still_fresh_with(
        &self,
        portal: &Portal,
        path: &str,
        fields: &Fields,
    ) -> Result<(), Stop> {
        if self.still_fresh(portal, path).is_ok() {
            return Ok(());
        }
        let kept = fields.keep(portal, &self.session.person, path).await?;
        Err(Stop::Again(kept))
    }

    /// Whether a form is one that came too late and is to be shown again, with what was typed
    /// and nothing done. From then on its words are in that page, and kept nowhere else.
    pub(crate) async fn returns(&self, portal: &Portal) -> Result<bool, Stop> {
        let Some(id) = &self.returns else {
            return Ok(false);
        };
        portal.flow.drop_kept_form(&self.session.person, id).await?;
        Ok(true)
    }

    /// Whether they have one of these roles.
    pub(crate) fn is_any(&self, roles: &[Role]) -> bool {
        roles.iter().any(|role| self.roles.contains(role))
    }
}

impl FromRequestParts<Portal> for Visitor {
    type Rejection = Stop;

    async fn from_request_parts(parts: &mut Parts, portal: &Portal) -> Result<Self, Stop> {
        let away = || Stop::SignIn(way_back(parts));
        let token = cookie::value(&parts.headers, cookie::SESSION).ok_or_else(away)?;
        let from = whence::of(portal, &parts.headers, &parts.extensions);
        match portal.flow.session(&token, &from).await? {
            Standing::Open(session) => Ok(Self {
                roles: portal.flow.roles(&session.person).await?,
                session,
                token,
                returns: None,
            }),
            Standing::Locked(_) | Standing::Absent => Err(away()),
        }
    }
}

/// Somebody who is signed in and has sent a form of ours, with what was typed: the only way to
/// a handler of `POST` but for signing in and for files.
pub(crate) struct Posted(pub(crate) Visitor, pub(crate) Fields);

/// What a form brought, in its order; a name can come more than once.
pub(crate) struct Fields(Vec<(String, String)>);

impl Fields {
    /// What was typed in a field; a field that did not come is empty.
    pub(crate) fn one(&self, name: &str) -> &str {
        let mut pairs = self.0.iter();
        let found = pairs.find(|(field, _)| field == name);
        found.map_or("", |(_, value)| value)
    }

    /// All that was chosen under a name.
    pub(crate) fn all<'f>(&'f self, name: &'f str) -> impl Iterator<Item = &'f str> {
        let named = self.0.iter().filter(move |(field, _)| field == name);
        named.map(|(_, value)| value.as_str())
    }

    /// What was typed in all fields whose names begin so, with the rest of each name.
    pub(crate) fn named<'f>(&'f self, prefix: &'f str) -> impl Iterator<Item = (&'f str, &'f str)> {
        let rest = move |(field, value): &'f (String, String)| {
            field
                .strip_prefix(prefix)
                .map(|rest| (rest, value.as_str()))
        };
        self.0.iter().filter_map(rest)
    }

    /// Keeps them for their writer, and answers where they are found again.
    async fn keep(
        &self,
        portal: &Portal,
        person: &PersonRow,
        path: &str,
    ) -> Result<String, FlowError> {
        let mut pairs = self.0.clone();
        pairs.retain(|(name, _)| name != "token");
        let form = KeptForm {
            path: path.to_owned(),
            fields: Personal::new(pairs),
        };
        let id = portal.flow.keep_form(person, &form).await?;
        Ok(format!("/kept/{id}"))
    }

    /// Whether a field came at all, as that of a pressed button does.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.all(name).next().is_some()
    }
}

impl From<Vec<(String, String)>> for Fields {
    fn from(pairs: Vec<(String, String)>) -> Self {
        Self(pairs)
    }
}

impl FromRequest<Portal> for Posted {
    type Rejection = Stop;

    async fn from_request(request: Request, portal: &Portal) -> Result<Self, Stop> {
        let (mut parts, body) = request.into_parts();
        let visitor = Visitor::from_request_parts(&mut parts, portal).await;
        let request = Request::from_parts(parts, body);
        let mut visitor = match visitor {
            Err(Stop::SignIn(way)) => return Err(kept(portal, request, way).await?),
            other => other?,
        };
        let fields = fields(request).await?;
        if !cookie::matches(fields.one("token"), &visitor.token) {
            return Err(Stop::Stale);
        }
        visitor.returns = fields.has("kept").then(|| fields.one("kept").to_owned());
        Ok(Self(visitor, fields))
    }
}

async fn fields(request: Request) -> Result<Fields, Stop> {
    let form = Form::<Vec<(String, String)>>::from_request(request, &()).await;
    let Form(pairs) = form.map_err(|_| Stop::Stale)?;
    Ok(Fields(pairs))
}

/// Keeps a form that came after its writer had been away too long, where its page takes it up
/// again, and leads to it by way of signing in. Of a session that has ended nothing is kept: its
/// cookie may be in other hands by then, and nobody's words are put in another's mouth.
async fn kept(portal: &Portal, request: Request, way: String) -> Result<Stop, Stop> {
    let route = request.extensions().get::<MatchedPath>();
    if !route.is_some_and(|route| KEPT.contains(&route.as_str())) {
        return Ok(Stop::SignIn(way));
    }
    let away = Stop::Unkept(way);
    let Some(token) = cookie::value(request.headers(), cookie::SESSION) else {
        return Ok(away);
    };
    let from = whence::of(portal, request.headers(), request.extensions());
    let Standing::Locked(person) = portal.flow.session(&token, &from).await? else {
        return Ok(away);
    };
    let path = request.uri().path().to_owned();
    let Ok(fields) = fields(request).await else {
        return Ok(away);
    };
    if !cookie::matches(fields.one("token"), &token) {
        return Ok(away);
    }
    Ok(Stop::SignIn(fields.keep(portal, &person, &path).await?))
}

/// The page to go on with after signing in: never a download, never an act.
fn way_back(parts: &Parts) -> String {
    let path = parts.uri.path();
    let one_of = |folder: &str| {
        let id = path.strip_prefix(folder)?.split('/').next()?;
        Some(format!("{folder}{id}"))
    };
    if let Some(way) = ["/messages/", "/holds/", "/quarantine/"]
        .into_iter()
        .find_map(one_of)
    {
        return way;
    }
    if parts.method != Method::GET {
        let acted = [
            "/health-requests/",
            "/health-questions/",
            "/hospital-flags/",
        ];
        let way = acted.into_iter().find_map(one_of);
        return way.unwrap_or_else(|| "/inbox".to_owned());
    }
    let asked = parts.uri.path_and_query();
    asked.map_or_else(|| "/inbox".to_owned(), ToString::to_string)
}

/// A way that leads to a page of ours and nowhere else.
pub(crate) fn own_way(way: &str) -> Option<&str> {
    let own = way.starts_with('/')
        && !way[1..].starts_with(['/', '\\'])
        && way.len() <= LONGEST
        && way.bytes().all(|b| b.is_ascii_graphic() && b != b'\\')
        && !way.starts_with("/sign-");
    own.then_some(way)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_own_pages_are_gone_on_with() {
        assert_eq!(own_way("/messages/1?x=y"), Some("/messages/1?x=y"));
        for bad in [
            "",
            "inbox",
            "//evil.example",
            "/\\evil.example",
            "https://evil.example",
            "/a\r\nSet-Cookie: x",
            "/a b",
            "/sign-out",
            "javascript:alert(1)",
            "/\t/evil.example",
        ] {
            assert_eq!(own_way(bad), None, "{bad:?}");
        }
    }

    fn asked(method: Method, address: &str) -> String {
        let request = axum::http::Request::builder().method(method).uri(address);
        way_back(&request.body(()).unwrap().into_parts().0)
    }

    #[test]
    fn a_page_is_gone_on_with_and_neither_a_download_nor_an_act() {
        assert_eq!(asked(Method::GET, "/inbox?before=1"), "/inbox?before=1");
        assert_eq!(asked(Method::GET, "/messages/1/documents/2"), "/messages/1");
        assert_eq!(
            asked(Method::POST, "/messages/1/acknowledge"),
            "/messages/1"
        );
        assert_eq!(asked(Method::GET, "/holds/1/documents/2"), "/holds/1");
        assert_eq!(asked(Method::POST, "/holds/1"), "/holds/1");
        for act in ["accept", "give"] {
            let address = format!("/health-requests/1/{act}");
            assert_eq!(asked(Method::POST, &address), "/health-requests/1");
        }
        assert_eq!(
            asked(Method::GET, "/health-requests/1/give"),
            "/health-requests/1/give"
        );
        assert_eq!(
            asked(Method::POST, "/hospital-flags/1"),
            "/hospital-flags/1"
        );
        assert_eq!(asked(Method::POST, "/sessions/1"), "/inbox");
    }
}
