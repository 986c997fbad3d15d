//! The contract, and everything that must agree with it: the requests that go out, the answers that come in, the
//! Rust types, the public surface and the prose. `openapi/README.md` says which test speaks up when.

mod bodies;
mod conform;
mod coverage;
mod document;
mod drivers;
#[cfg(feature = "emulator")]
mod emulator;
mod exchanges;
mod fixtures;
mod mutants;
mod mutations;
#[cfg(feature = "cli")]
mod prose;
mod recorder;
#[cfg(feature = "cli")]
mod rows;
mod schema;
mod sound;
mod strays;
mod surface;
#[cfg(feature = "schemars")]
mod types;
