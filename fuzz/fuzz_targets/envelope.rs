//! The body of a 200 response: an envelope of reports or executions.
#![no_main]

use libfuzzer_sys::fuzz_target;
use partner_center_insights::fuzzing;

fuzz_target!(|bytes: &[u8]| {
    for read in [fuzzing::reports, fuzzing::executions] {
        // Every error can be printed on one line.
        if let Err(error) = read(bytes) {
            let line = error.to_string();
            assert!(!line.contains(char::is_control), "{line:?}");
            assert!(error.status().is_some(), "no status: {line}");
        }
    }
});
