//! Checks output files before the first request, because later their content would be lost.

use std::fs::{self, OpenOptions};
use std::io;
use std::path::Path;
use std::process;

use crate::exit::Failure;

pub const HINT: &str = "choose a file in an existing folder that you may write to";

/// Checks that a download can create or replace this file. Leaves no file behind.
pub fn check_replaceable(file: &Path) -> Result<(), Failure> {
    let checked = match fs::metadata(file) {
        Ok(target) if !target.is_file() => {
            return Err(Failure::usage(format!("{} is not a regular file", file.display())).hint(HINT));
        }
        // It is replaced, so only its folder has to be writable.
        Ok(_) => create(&file.with_file_name(format!(".partner-insights-{}.tmp", process::id()))),
        Err(_) => create_absent(file),
    };
    checked.map_err(|error| Failure::usage(format!("cannot write {}: {error}", file.display())).hint(HINT))
}

/// Checks that this file can be written. Leaves its content as it is.
pub fn check_writable(file: &Path) -> io::Result<()> {
    match fs::metadata(file) {
        Ok(target) if target.is_dir() => Err(io::ErrorKind::IsADirectory.into()),
        Ok(target) if target.is_file() => OpenOptions::new().append(true).open(file).map(drop),
        // The reader of a pipe would see that it is opened and closed.
        Ok(_) => Ok(()),
        Err(_) => create_absent(file),
    }
}

fn create_absent(file: &Path) -> io::Result<()> {
    // A link without a target is not removed.
    if file.is_symlink() { Ok(()) } else { create(file) }
}

fn create(file: &Path) -> io::Result<()> {
    OpenOptions::new().write(true).create_new(true).open(file)?;
    fs::remove_file(file)
}
