//! The client that progenitor made of the contract. Private: its types that users need are re-exported, its
//! errors and its constructor (which follows redirects and allows plain HTTP) are not.

#![allow(missing_docs, clippy::all, clippy::pedantic, clippy::unwrap_used, unused, rustdoc::all)]

include!(concat!(env!("OUT_DIR"), "/client.rs"));
