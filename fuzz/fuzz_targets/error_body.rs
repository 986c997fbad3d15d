//! The head and the body of an error response: its code and message.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| partner_center_insights::fuzzing::check_error(bytes));
