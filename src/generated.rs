//! The client that progenitor generated from the spec. It is private: its constructor follows redirects and allows
//! plain HTTP. The types that users need are re-exported.

#![allow(missing_docs, clippy::all, clippy::pedantic, clippy::unwrap_used, unused, rustdoc::all)]

include!(concat!(env!("OUT_DIR"), "/client.rs"));
