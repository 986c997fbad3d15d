//! Parsers for flag values.

use std::ffi::OsStr;
use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use clap::builder::{PossibleValue, PossibleValuesParser, StringValueParser, TypedValueParser};
use clap::error::{ContextKind, ContextValue};
use clap::parser::ValueSource;
use clap::{Arg, Command, Error};
use partner_center_insights::emulator::Scenario;
use partner_center_insights::{ExecutionStatus, Program, ReportId, ReportStatus};

use crate::ids;
use crate::input::unquoted;

/// Cleans values from the environment before they are parsed: scripts leave quotes and carriage returns in them. The
/// error for an invalid value names the variable.
#[derive(Clone)]
pub struct Setting<P>(pub P);

impl<P: TypedValueParser> TypedValueParser for Setting<P> {
    type Value = P::Value;

    fn parse_ref(&self, cmd: &Command, arg: Option<&Arg>, value: &OsStr) -> Result<Self::Value, Error> {
        self.0.parse_ref(cmd, arg, value)
    }

    fn parse_ref_(
        &self,
        cmd: &Command,
        arg: Option<&Arg>,
        value: &OsStr,
        source: ValueSource,
    ) -> Result<Self::Value, Error> {
        let (ValueSource::EnvVariable, Some(text)) = (source, value.to_str()) else {
            return self.0.parse_ref_(cmd, arg, value, source);
        };
        let text = unquoted(text);
        self.0.parse_ref_(cmd, arg, OsStr::new(text), source).map_err(|mut error| {
            if let Some(variable) = arg.and_then(Arg::get_env) {
                let variable = variable.to_string_lossy().into_owned();
                error.insert(ContextKind::InvalidArg, ContextValue::String(variable));
            }
            let shown = text.escape_debug().to_string();
            error.insert(ContextKind::InvalidValue, ContextValue::String(shown));
            error
        })
    }

    fn possible_values(&self) -> Option<Box<dyn Iterator<Item = PossibleValue> + '_>> {
        self.0.possible_values()
    }
}

/// Parses the level of `--verbose`; its variable may also contain a boolean.
pub fn verbosity() -> impl TypedValueParser<Value = u8> {
    StringValueParser::new().try_map(|text| match text.to_ascii_lowercase().as_str() {
        "true" | "yes" | "on" | "y" | "t" => Ok(1),
        "false" | "no" | "off" | "n" | "f" => Ok(0),
        number => number.parse::<u8>().map_err(|_| "expected a number, true or false"),
    })
}

/// Parses a report ID. The error suggests `--name`, in case the text is a name.
pub fn report_id(text: &str) -> Result<ReportId, String> {
    parse_id(text, "; to select reports by name, use --name")
}

/// Parses the ID of a single report. The error says how to find the ID, in case the text is a name.
pub fn single_report_id(text: &str) -> Result<ReportId, String> {
    let is_name = !text.contains(['\'', '\\']) && text.chars().any(char::is_alphabetic);
    let hint = format!("; `partner-insights list --name '{text}'` shows the IDs of reports by name");
    parse_id(text, if is_name { &hint } else { "" })
}

/// Parses an ID. The error names the ID in a longer text, or else has a hint.
fn parse_id(text: &str, hint: &str) -> Result<ReportId, String> {
    ids::report_id(text).map_err(|error| match ids::contained(text) {
        Some(id) => format!("{error}; perhaps {id} is meant"),
        None => format!("{error}{hint}"),
    })
}

pub fn program() -> impl TypedValueParser<Value = Program> {
    let values = Program::ALL.iter().map(|program| {
        PossibleValue::new(program.as_str()).help(match program {
            Program::Mpn => "partner insights",
            _ => "commercial marketplace",
        })
    });
    PossibleValuesParser::new(values).try_map(|name| name.parse::<Program>())
}

pub fn report_status() -> impl TypedValueParser<Value = ReportStatus> {
    lowercase(ReportStatus::KNOWN.iter().map(ReportStatus::as_str)).map(|name| ReportStatus::from(&*name))
}

pub fn execution_status() -> impl TypedValueParser<Value = ExecutionStatus> {
    lowercase(ExecutionStatus::KNOWN.iter().map(ExecutionStatus::as_str))
        .map(|name| ExecutionStatus::from(&*name))
}

pub fn scenario() -> impl TypedValueParser<Value = Scenario> {
    let values = Scenario::ALL
        .iter()
        .map(|scenario| PossibleValue::new(scenario.as_str()).help(scenario.description()));
    PossibleValuesParser::new(values.collect::<Vec<_>>()).try_map(|name| {
        let known = Scenario::ALL.iter().copied().find(|scenario| scenario.as_str() == name);
        known.ok_or("unknown scenario")
    })
}

/// Parses an address with a port, `localhost:PORT`, or a port alone, which means the loopback address.
pub fn listen(text: &str) -> Result<SocketAddr, &'static str> {
    let text = &*text.to_ascii_lowercase();
    let port = text.strip_prefix("localhost:").unwrap_or(text);
    let local = port.parse::<u16>().map(|port| (Ipv4Addr::LOCALHOST, port).into());
    local.or_else(|_| text.parse()).map_err(|_| "expected a port, or an address such as 127.0.0.1:8080")
}

fn lowercase<'a>(names: impl Iterator<Item = &'a str>) -> PossibleValuesParser {
    PossibleValuesParser::new(names.map(str::to_lowercase).collect::<Vec<_>>())
}

/// Parses seconds, or a number with the unit s, m or h.
pub fn duration(text: &str) -> Result<Duration, &'static str> {
    let expected = "expected a time of up to 24h, e.g. 90s, 5m or 1h";
    let (number, unit) = text.split_at(text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len()));
    let seconds_per_unit = match unit {
        "" | "s" => 1,
        "m" => 60,
        "h" => 3600,
        _ => return Err(expected),
    };
    let seconds = number.parse::<u64>().ok().and_then(|number| number.checked_mul(seconds_per_unit));
    seconds.filter(|seconds| *seconds <= 86_400).map(Duration::from_secs).ok_or(expected)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn listen_accepts_ports_and_addresses() {
        for (text, address) in [
            ("8080", "127.0.0.1:8080"),
            ("localhost:8080", "127.0.0.1:8080"),
            ("LocalHost:8080", "127.0.0.1:8080"),
            ("0.0.0.0:0", "0.0.0.0:0"),
            ("[::1]:8080", "[::1]:8080"),
        ] {
            assert_eq!(listen(text).map(|found| found.to_string()), Ok(address.to_owned()), "{text}");
        }
        for text in ["", "70000", "localhost", "example.com:80", "127.0.0.1"] {
            assert!(listen(text).is_err(), "{text}");
        }
    }

    #[test]
    fn duration_is_a_number_with_an_optional_unit() {
        for (text, seconds) in [("0", 0), ("90", 90), ("90s", 90), ("5m", 300), ("24h", 86_400)] {
            assert_eq!(duration(text), Ok(Duration::from_secs(seconds)), "{text}");
        }
    }

    #[test]
    fn duration_rejects_other_text() {
        for bad in ["", "s", "1d", "-1s", "1.5s", "25h", "99999999999999999999s", "ä"] {
            assert!(duration(bad).is_err(), "{bad}");
        }
    }
}
