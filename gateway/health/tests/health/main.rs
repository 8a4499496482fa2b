//! Requests and answers, from form to FHIR and back.

mod any;
mod left_out;
mod round_trip;
mod samples;
mod unsaid;
