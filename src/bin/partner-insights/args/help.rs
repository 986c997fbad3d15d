//! The texts that `--help` prints after the flags.

use partner_center_insights::spec;

use crate::exit;

pub fn version() -> String {
    format!("{}+spec.{}", env!("CARGO_PKG_VERSION"), spec::VERSION)
}

pub fn main() -> String {
    let start = examples(&["--emulator resume --all-paused", LOGIN, "list --status paused"]);
    format!("{SECRETS}\n\n{start}\n{}", exit_codes())
}

pub fn exit_codes() -> String {
    let mut text = format!("{EXIT_CODES}\n");
    for (code, meaning, _) in exit::TABLE {
        text += &format!("  {code:>3}  {meaning}\n");
    }
    text
}

pub fn auth() -> String {
    format!("{STORED}\n\n{}", examples(&[LOGIN, "auth check --probe", "auth logout"]))
}

pub fn examples(arguments: &[&str]) -> String {
    let lines = arguments.iter().map(|line| format!("  partner-insights {line}\n"));
    format!("{EXAMPLES}\n{}", lines.collect::<String>())
}

pub const EXAMPLES: &str = "Examples:";
pub const EXIT_CODES: &str = "Exit codes:";
pub const LOGIN: &str = "auth login --tenant contoso.com --client-id 11111111-2222-3333-4444-555555555555";

const SECRETS: &str = "\
Secrets are read from the environment or from files, never from flags:
PARTNER_CENTER_ACCESS_TOKEN, PARTNER_CENTER_REFRESH_TOKEN, AZURE_CLIENT_SECRET.";

const STORED: &str = "\
`auth login` stores the refresh token, readable only by you, in the configuration directory:
~/.config on Linux, ~/Library/Application Support on macOS, %APPDATA% on Windows, as
partner-insights/login.json. Anyone with that file can act as you; `auth logout` deletes it.";
