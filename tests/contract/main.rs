//! The contract, and everything that must agree with it.
