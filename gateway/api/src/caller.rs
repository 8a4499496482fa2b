//! Who calls: asked anew for every request, so that a revocation holds at once.

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use gateway_core::{AgencyId, Channel};
use gateway_flow::Caller;
use gateway_http::{Fault, PeerCertificate};

use crate::Api;
use crate::error::Refused;

/// The header that names the person on whose behalf an agency calls.
const ON_BEHALF: &str = "x-on-behalf-of";

/// The calling agency, proved by its client certificate, and the person it names.
#[derive(Debug)]
pub(crate) struct Called(pub(crate) Caller);

impl FromRequestParts<Api> for Called {
    type Rejection = Refused;

    async fn from_request_parts(parts: &mut Parts, api: &Api) -> Result<Self, Refused> {
        let fingerprint = parts
            .extensions
            .get::<PeerCertificate>()
            .and_then(|c| c.0.as_deref());
        let fingerprint = fingerprint.ok_or(Fault::Unauthenticated)?;
        let row = api
            .flow
            .agency_by_certificate(fingerprint)
            .await?
            .ok_or(Fault::Unauthenticated)?;
        let agency: AgencyId = row.id.parse().map_err(|error| Fault::internal(&error))?;
        let person = match on_behalf(parts)? {
            Some(email) => Some(api.flow.caller_person(&agency, &email).await?),
            None => None,
        };
        Ok(Self(Caller {
            agency,
            person,
            channel: Channel::Api,
            proof: "mutual-tls",
        }))
    }
}

fn on_behalf(parts: &Parts) -> Result<Option<String>, Fault> {
    let mut values = parts.headers.get_all(ON_BEHALF).iter();
    let Some(value) = values.next() else {
        return Ok(None);
    };
    let text = std::str::from_utf8(value.as_bytes()).unwrap_or("").trim();
    if text.is_empty() || values.next().is_some() {
        return Err(Fault::BadRequest(
            "`X-On-Behalf-Of` does not name one person: give one enrolled address, or leave it out"
                .to_owned(),
        ));
    }
    Ok(Some(text.to_owned()))
}

#[cfg(test)]
mod tests {
    use axum::http::Request;

    use super::*;

    fn named(values: &[&str]) -> Result<Option<String>, Fault> {
        let mut request = Request::builder();
        for value in values {
            request = request.header("X-On-Behalf-Of", *value);
        }
        on_behalf(&request.body(()).unwrap().into_parts().0)
    }

    #[test]
    fn one_person_or_nobody_is_named() {
        assert_eq!(named(&[]), Ok(None));
        assert_eq!(
            named(&[" s.ali@probation.example "]).unwrap().unwrap(),
            "s.ali@probation.example"
        );
        assert!(matches!(named(&["a@b", "c@d"]), Err(Fault::BadRequest(_))));
        assert!(matches!(named(&[" "]), Err(Fault::BadRequest(_))));
    }
}
