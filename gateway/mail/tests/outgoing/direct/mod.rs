//! Straight to a domain's own mail hosts, as they, their DNS and their web host may be.

mod dane;
mod host;
mod policies;
mod route;
mod signed;
mod web;
mod world;
