//! The body of a 200 response: an envelope of reports or executions, which may be malformed.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| partner_center_insights::fuzzing::check_envelope(bytes));
