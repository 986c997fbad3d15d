//! The file that stores a refresh token.

use std::fs;
use std::path::Path;

use partner_center_insights::auth::{Entra, StoredLogin, TokenFile};

use crate::{CLIENT_ID, REFRESH_TOKEN, TENANT, shown};

fn login() -> StoredLogin {
    let entra = Entra::builder().tenant(TENANT).client_id(CLIENT_ID).build().unwrap();
    StoredLogin::of(&entra, REFRESH_TOKEN)
}

fn names(folder: &Path) -> Vec<String> {
    fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
}

#[test]
fn written_login_is_read_back() {
    let folder = tempfile::tempdir().unwrap();
    let file = TokenFile::new(folder.path().join("token"));
    assert!(file.read().unwrap().is_none());

    file.write(&StoredLogin::new(REFRESH_TOKEN)).unwrap();
    assert_eq!(fs::read_to_string(file.path()).unwrap(), format!("{REFRESH_TOKEN}\n"));
    let read = file.read().unwrap().unwrap();
    assert_eq!((read.refresh_token.expose(), read.client_id), (REFRESH_TOKEN, None));

    file.write(&login()).unwrap();
    let read = file.read().unwrap().unwrap();
    assert_eq!(read.refresh_token.expose(), REFRESH_TOKEN);
    assert_eq!(read.authority.as_deref(), Some("https://login.microsoftonline.com"));
    let entra = read.entra().build().unwrap();
    assert_eq!((entra.tenant(), entra.client_id()), (TENANT, CLIENT_ID));
    assert_eq!((read.tenant.as_deref(), read.client_id.as_deref()), (Some(TENANT), Some(CLIENT_ID)));

    assert_eq!(names(folder.path()), ["token"], "no temporary file is left");
    assert!(file.remove().unwrap());
    assert!(!file.remove().unwrap());
}

#[cfg(unix)]
#[test]
fn file_and_new_folders_are_private() {
    use std::os::unix::fs::PermissionsExt;
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;

    let root = tempfile::tempdir().unwrap();
    let folder = root.path().join("a").join("b");
    let file = TokenFile::new(folder.join("token"));
    file.write(&login()).unwrap();
    assert_eq!((mode(&root.path().join("a")), mode(&folder), mode(file.path())), (0o700, 0o700, 0o600));

    // Even if the old file was not private.
    fs::set_permissions(file.path(), fs::Permissions::from_mode(0o644)).unwrap();
    file.write(&login()).unwrap();
    assert_eq!(mode(file.path()), 0o600);
}

#[cfg(unix)]
#[test]
fn symbolic_link_is_preserved() {
    let folder = tempfile::tempdir().unwrap();
    let (target, link) = (folder.path().join("target"), folder.path().join("link"));
    fs::write(&target, "old").unwrap();
    std::os::unix::fs::symlink(&target, &link).unwrap();
    TokenFile::new(&link).write(&StoredLogin::new(REFRESH_TOKEN)).unwrap();
    assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
    assert_eq!(fs::read_to_string(&target).unwrap(), format!("{REFRESH_TOKEN}\n"));
}

#[test]
fn invalid_file_is_named_but_not_shown() {
    let folder = tempfile::tempdir().unwrap();
    let file = TokenFile::new(folder.path().join("token"));
    let long = "x".repeat(100_000);
    for text in [
        long.as_str(),
        "",
        " \n",
        "two words",
        "{",
        r#"{"refresh_token": 1}"#,
        r#"{"token":"s3cr3t"}"#,
        "s3cr3t s3cr3t",
    ] {
        fs::write(file.path(), text).unwrap();
        let line = shown(&file.read().unwrap_err());
        assert!(line.contains("holds no refresh token") && line.contains("token"), "{line}");
    }
    fs::write(file.path(), [0xff, 0xfe]).unwrap();
    assert!(shown(&file.read().unwrap_err()).contains("cannot read token file"));
}

#[test]
fn failed_write_is_named_and_leaves_no_trace() {
    let folder = tempfile::tempdir().unwrap();
    let blocker = folder.path().join("blocker");
    fs::write(&blocker, "a file").unwrap();
    let line = shown(&TokenFile::new(blocker.join("token")).write(&login()).unwrap_err());
    assert!(line.contains("cannot write token file") && line.contains("blocker"), "{line}");

    // A file cannot replace a folder; the temporary file is removed.
    let taken = folder.path().join("taken");
    fs::create_dir(&taken).unwrap();
    TokenFile::new(&taken).write(&login()).unwrap_err();
    let mut left = names(folder.path());
    left.sort_unstable();
    assert_eq!(left, ["blocker", "taken"]);
}

#[test]
fn readers_never_see_a_partial_file() {
    let folder = tempfile::tempdir().unwrap();
    let file = TokenFile::new(folder.path().join("token"));
    // The tokens have different lengths, so that a mixture of two equals none of them.
    let token = |writer: usize| format!("0.R{}", "x".repeat(1 + writer * 4_000));
    file.write(&StoredLogin::new(token(0))).unwrap();
    std::thread::scope(|scope| {
        for writer in 0..4 {
            let file = &file;
            scope.spawn(move || (0..50).for_each(|_| file.write(&StoredLogin::new(token(writer))).unwrap()));
        }
        for _ in 0..200 {
            let read = file.read().unwrap().unwrap();
            let read = read.refresh_token.expose();
            assert!((0..4).any(|writer| read == token(writer)), "{} bytes", read.len());
        }
    });
    assert_eq!(names(folder.path()), ["token"]);
}
