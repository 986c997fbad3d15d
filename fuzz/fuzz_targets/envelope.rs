//! The body of a 200: reports and executions, in the service's envelope.
#![no_main]

use libfuzzer_sys::fuzz_target;
use partner_center_insights::fuzzing;

fuzz_target!(|bytes: &[u8]| {
    for read in [fuzzing::reports, fuzzing::executions] {
        // Whatever came, a person can be told of it in a line.
        if let Err(error) = read(bytes) {
            let line = error.to_string();
            assert!(!line.contains(char::is_control), "{line:?}");
            assert!(error.status().is_some(), "the status is lost: {line}");
        }
    }
});
