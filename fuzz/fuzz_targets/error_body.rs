//! The head and the body of an error response: its code and message.
#![no_main]

use libfuzzer_sys::fuzz_target;
use partner_center_insights::fuzzing;

fuzz_target!(|bytes: &[u8]| {
    for text in fuzzing::error_body(bytes) {
        assert!(!text.is_empty() && !text.contains(char::is_control), "{text:?}");
        assert!(text.chars().count() <= 301, "too long: {text:?}");
    }
    fuzzing::head(bytes);
});
