//! The unmodified program, which trusts the authority of these tests by `SSL_CERT_FILE`. Only on Linux does the platform
//! look at that.

mod check;
mod failures;
mod login;
mod order;
mod terminal;
mod ways;

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use serde_json::json;
use tempfile::TempDir;
use tokio::io::AsyncWriteExt;
use tokio::process::Command;

use crate::fake::{self, Answer, Server};
use crate::{CLIENT_ID, TENANT, holds_no_secret};

const PROGRAM: &str = env!("CARGO_BIN_EXE_partner-insights");

/// What names the application and its tenant.
const APP: [(&str, &str); 2] = [("AZURE_TENANT_ID", TENANT), ("AZURE_CLIENT_ID", CLIENT_ID)];

/// The settings of [`APP`], and these.
fn app<'a>(more: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    [&APP[..], more].concat()
}

/// An Entra, a service, and a home with nothing in it.
struct Stage {
    entra: Server,
    api: Server,
    home: TempDir,
}

impl Stage {
    /// Entra gives these answers; the service has no reports.
    async fn new(entra: Vec<Answer>) -> Self {
        let body = json!({"value": [], "totalCount": 0, "message": null, "statusCode": 200});
        Self::with_service(entra, Answer::json(200, &body)).await
    }

    async fn with_service(entra: Vec<Answer>, api: Answer) -> Self {
        let home = tempfile::tempdir().unwrap();
        fs::write(home.path().join("root.pem"), fake::root()).unwrap();
        fs::create_dir(home.path().join("bin")).unwrap();
        Self { entra: Server::start(entra).await, api: Server::start(vec![api]).await, home }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.home.path().join(name)
    }

    /// Writes a file, and gives its name.
    fn file(&self, name: &str, text: &str) -> String {
        fs::write(self.path(name), text).unwrap();
        self.path(name).to_str().unwrap().to_owned()
    }

    /// Where `auth login` keeps its file.
    fn login(&self) -> PathBuf {
        self.path("settings/partner-insights/login.json")
    }

    /// Puts an `az` on the search path. It is the shell, which runs the script that its first argument names: a script
    /// that was written a moment ago cannot always be run itself.
    fn az(&self, script: &str) {
        symlink("/bin/sh", self.path("bin/az")).unwrap();
        self.file("account", script);
    }

    /// The environment, and nothing else.
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
        let mut command = Command::new(PROGRAM);
        command.env_clear().envs(self.environment()).envs(environment.iter().copied());
        command.args(args).current_dir(self.home.path()).kill_on_drop(true);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    /// Runs it with all that it can log.
    async fn run(&self, environment: &[(&str, &str)], args: &[&str]) -> Ended {
        end(self.command(environment, args).arg("-vv")).await.checked()
    }

    /// The same, with this on standard input.
    async fn fed(&self, input: &str, environment: &[(&str, &str)], args: &[&str]) -> Ended {
        let mut command = self.command(environment, args);
        let mut child = command.arg("-vv").stdin(Stdio::piped()).spawn().unwrap();
        // It may end without reading.
        let _ = child.stdin.take().unwrap().write_all(input.as_bytes()).await;
        Ended::from(child.wait_with_output().await.unwrap()).checked()
    }

    /// The tokens that the service saw.
    fn tokens(&self) -> Vec<String> {
        let requests = self.api.requests().into_iter();
        requests.map(|request| request.authorization.unwrap().replace("Bearer ", "")).collect()
    }

    /// The values that Entra was sent under this name; nothing for a request without it.
    fn sent(&self, name: &str) -> Vec<Option<String>> {
        self.entra.requests().into_iter().map(|request| request.form.get(name).cloned()).collect()
    }
}

/// How a run ended.
#[derive(Debug)]
struct Ended {
    code: i32,
    stdout: String,
    /// What the program says; what it logs is in `log`.
    stderr: String,
    log: String,
}

impl From<std::process::Output> for Ended {
    fn from(output: std::process::Output) -> Self {
        let all = String::from_utf8(output.stderr).unwrap();
        let is_log = |line: &&str| [" TRACE ", " DEBUG ", " INFO "].iter().any(|level| line.contains(level));
        let (log, stderr): (Vec<&str>, Vec<&str>) = all.lines().partition(is_log);
        let (log, stderr) = (log.join("\n"), stderr.join("\n"));
        let code = output.status.code().unwrap();
        Self { code, stdout: String::from_utf8(output.stdout).unwrap(), stderr, log }
    }
}

impl Ended {
    fn checked(self) -> Self {
        holds_no_secret(&format!("{}\n{}\n{}", self.stdout, self.stderr, self.log));
        self
    }
}

async fn end(command: &mut Command) -> Ended {
    command.output().await.unwrap().into()
}

fn mode(path: &Path) -> u32 {
    use std::os::unix::fs::PermissionsExt;
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}
