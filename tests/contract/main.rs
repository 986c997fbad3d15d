//! The spec, and everything that must match it: requests, responses, Rust types, the public API and the docs.
//! `openapi/README.md` says which test catches what.

mod bodies;
mod conform;
mod coverage;
mod document;
mod drivers;
#[cfg(feature = "emulator")]
mod emulator;
mod evidence;
mod exchanges;
#[cfg(feature = "emulator")]
mod exercise;
mod fixtures;
mod lost;
mod mutants;
mod mutations;
mod observed;
#[cfg(feature = "cli")]
mod prose;
mod recorder;
mod registration;
#[cfg(feature = "cli")]
mod rows;
mod schema;
mod sound;
mod strays;
#[path = "../support/mod.rs"]
mod support;
mod surface;
#[cfg(feature = "emulator")]
mod targets;
#[cfg(feature = "schemars")]
mod types;
