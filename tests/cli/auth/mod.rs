//! Signing in with the CLI, against a fake Entra and a fake service over TLS.
//!
//! The CLI trusts their authority through `SSL_CERT_FILE`, which the platform reads on Linux only.

mod azure_cli;
mod check;
mod errors;
#[allow(dead_code, reason = "shared with the auth tests")]
#[path = "../../auth/fake.rs"]
mod fake;
mod login;
mod order;
mod sources;

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::process::Command;

use self::fake::{Response, Server};
use crate::bare;

const TENANT: &str = "contoso.onmicrosoft.com";
const CLIENT_ID: &str = "6f1d0c9e-2b7a-4d15-8e43-90ab12cd34ef";
const ACCESS_TOKEN: &str = "eyJ0.QUNDRVNT.c2ln";
const REFRESH_TOKEN: &str = "0.AXoA-refresh.R1";
const NEW_REFRESH_TOKEN: &str = "0.AXoA-refresh.R2";
const CLIENT_SECRET: &str = "s3cr3t~value&with=signs";
const CORRELATION_ID: &str = "fb3d2015-bc17-4bb9-bb85-30c5cf1aaaa7";

/// A response with a token.
fn token(access_token: &str) -> Response {
    Response::json(200, &json!({"token_type": "Bearer", "access_token": access_token, "expires_in": 3599}))
}

/// A response with a token and a new refresh token.
fn rotated(access_token: &str, refresh_token: &str) -> Response {
    let body = json!({"token_type": "Bearer", "access_token": access_token, "expires_in": 3599,
        "refresh_token": refresh_token});
    Response::json(200, &body)
}

/// An error response of Entra.
fn refusal(status: u16, error: &str, code: u32, text: &str) -> Response {
    let body = json!({"error": error, "error_description": format!("AADSTS{code}: {text}"), "error_codes": [code],
        "correlation_id": CORRELATION_ID});
    Response::json(status, &body)
}

fn assert_no_secret(text: &str) {
    for secret in [ACCESS_TOKEN, REFRESH_TOKEN, CLIENT_SECRET, "s3cr3t", "-refresh.R"] {
        assert!(!text.contains(secret), "{secret} is in {text}");
    }
}

/// The variables for tenant and application, followed by `more`.
fn app<'a>(more: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    [&[("AZURE_TENANT_ID", TENANT), ("AZURE_CLIENT_ID", CLIENT_ID)], more].concat()
}

/// A fake Entra, a fake service, and an empty home directory.
struct Fixture {
    entra: Server,
    api: Server,
    home: TempDir,
}

impl Fixture {
    /// Entra sends these responses; the service has no reports.
    async fn new(entra: Vec<Response>) -> Self {
        let body = json!({"value": [], "totalCount": 0, "message": null, "statusCode": 200});
        Self::with_service(entra, Response::json(200, &body)).await
    }

    async fn with_service(entra: Vec<Response>, api: Response) -> Self {
        let home = tempfile::tempdir().unwrap();
        fs::write(home.path().join("root.pem"), fake::root()).unwrap();
        fs::create_dir(home.path().join("bin")).unwrap();
        Self { entra: Server::start(entra).await, api: Server::start(vec![api]).await, home }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.home.path().join(name)
    }

    /// Writes a file and returns its path.
    fn file(&self, name: &str, text: &str) -> String {
        fs::create_dir_all(self.path(name).parent().unwrap()).unwrap();
        fs::write(self.path(name), text).unwrap();
        self.path(name).to_str().unwrap().to_owned()
    }

    /// The path of the stored login.
    fn login(&self) -> PathBuf {
        self.path("settings/partner-insights/login.json")
    }

    /// Stores a login, as `auth login` does.
    fn store_login(&self, login: &Value) {
        self.file("settings/partner-insights/login.json", &login.to_string());
    }

    /// A login with this Entra.
    fn valid_login(&self) -> Value {
        json!({"authority": self.entra.url(), "tenant": TENANT, "client_id": CLIENT_ID, "refresh_token": REFRESH_TOKEN})
    }

    fn environment(&self) -> Vec<(&'static str, String)> {
        let path = |name| self.path(name).to_str().unwrap().to_owned();
        vec![
            ("HOME", path("")),
            ("XDG_CONFIG_HOME", path("settings")),
            ("PATH", path("bin")),
            ("SSL_CERT_FILE", path("root.pem")),
            ("AZURE_AUTHORITY_HOST", self.entra.url()),
            ("PARTNER_CENTER_BASE_URL", self.api.url()),
        ]
    }

    fn command(&self, environment: &[(&str, &str)], args: &[&str]) -> Command {
        let mut command = bare();
        command.env_clear().envs(self.environment()).envs(environment.iter().copied());
        command.args(args).current_dir(self.home.path());
        command
    }

    /// Runs the CLI with trace logs, which must hold no secret.
    async fn run(&self, environment: &[(&str, &str)], args: &[&str]) -> Finished {
        finish(self.command(environment, args).arg("-vv")).await.checked()
    }

    /// Like `run`, with `input` on standard input.
    async fn run_with_input(&self, input: &str, environment: &[(&str, &str)], args: &[&str]) -> Finished {
        let mut command = self.command(environment, args);
        let mut child = command.arg("-vv").stdin(Stdio::piped()).spawn().unwrap();
        // The CLI may exit without reading it.
        let _ = child.stdin.take().unwrap().write_all(input.as_bytes()).await;
        Finished::from(child.wait_with_output().await.unwrap()).checked()
    }

    /// Runs the CLI at a terminal, and returns the exit code and all output.
    async fn run_at_terminal(&self, environment: &[(&str, &str)], args: &[&str]) -> (i32, String) {
        let (mut pty, pts) = pty_process::open().unwrap();
        // Wide enough to wrap no line.
        pty.resize(pty_process::Size::new(40, 400)).unwrap();
        let command =
            pty_process::Command::new(env!("CARGO_BIN_EXE_partner-insights")).args(args).env_clear();
        let command = command.envs(self.environment()).envs(environment.iter().copied());
        let mut child = command.current_dir(self.home.path()).kill_on_drop(true).spawn(pts).unwrap();
        let mut output = Vec::new();
        // Linux reports the end as an error.
        while pty.read_buf(&mut output).await.is_ok_and(|read| read > 0) {}
        let code = child.wait().await.unwrap().code().unwrap();
        (code, String::from_utf8(output).unwrap().replace("\r\n", "\n"))
    }

    /// The tokens that the service received.
    fn tokens(&self) -> Vec<String> {
        let requests = self.api.requests().into_iter();
        requests.map(|request| request.authorization.unwrap().replace("Bearer ", "")).collect()
    }

    /// The values of a form field that Entra received; `None` for a request without it.
    fn sent(&self, name: &str) -> Vec<Option<String>> {
        self.entra.requests().into_iter().map(|request| request.form.get(name).cloned()).collect()
    }
}

#[derive(Debug)]
struct Finished {
    code: i32,
    stdout: String,
    /// Standard error without the log.
    stderr: String,
    log: String,
}

impl From<std::process::Output> for Finished {
    fn from(output: std::process::Output) -> Self {
        let all = String::from_utf8(output.stderr).unwrap();
        let is_log = |line: &&str| [" TRACE ", " DEBUG ", " INFO "].iter().any(|level| line.contains(level));
        let (log, stderr): (Vec<&str>, Vec<&str>) = all.lines().partition(is_log);
        let (log, stderr) = (log.join("\n"), stderr.join("\n"));
        let code = output.status.code().unwrap();
        Self { code, stdout: String::from_utf8(output.stdout).unwrap(), stderr, log }
    }
}

impl Finished {
    fn checked(self) -> Self {
        assert_no_secret(&format!("{}\n{}\n{}", self.stdout, self.stderr, self.log));
        self
    }

    /// The lines `error: …` and `hint: …` at the end of standard error.
    fn failure(&self) -> (&str, &str) {
        let (error, hint) =
            self.stderr.rsplit_once("\nhint: ").unwrap_or_else(|| panic!("no hint: {}", self.stderr));
        let error = error.lines().last().unwrap();
        (error.strip_prefix("error: ").unwrap_or_else(|| panic!("no error: {}", self.stderr)), hint)
    }
}

async fn finish(command: &mut Command) -> Finished {
    command.output().await.unwrap().into()
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}
