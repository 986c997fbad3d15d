//! The command lines in the README.

const README: &str = include_str!("../../README.md");

/// The arguments of every CLI call in the README's shell blocks.
fn command_lines(readme: &str) -> Vec<&str> {
    let blocks = readme.split("```sh\n").skip(1).filter_map(|block| block.split("```").next());
    let names = ["partner-insights ", "cargo run --features cli -- "];
    let lines = blocks.flat_map(str::lines);
    let calls = lines.filter_map(|line| names.iter().find_map(|name| line.trim().strip_prefix(name)));
    // What follows in a pipeline is another command.
    calls.filter_map(|line| line.split([';', '|', '>', '&', '#']).next()).collect()
}

#[test]
fn readme_command_lines_work_on_the_sample() {
    let folder = tempfile::tempdir().unwrap();
    let run = |line: &str| {
        let words = line.split_whitespace();
        let words = words.map(|word| word.trim_matches('\'')).filter(|word| *word != "--emulator");
        std::process::Command::new(env!("CARGO_BIN_EXE_partner-insights"))
            .arg("--emulator")
            .args(words)
            .env("PARTNER_CENTER_YES", "1")
            .current_dir(folder.path())
            .stdin(std::process::Stdio::null())
            .output()
            .unwrap()
    };
    let lines = command_lines(README);
    assert!(lines.len() >= 5, "{lines:?}");
    for line in lines {
        // The emulator never ends, and sign-in is interactive: only their arguments are parsed.
        let is_run = !line.starts_with("emulator") && !line.starts_with("auth");
        let output = if is_run { run(line) } else { run(&format!("{line} --help")) };
        // Some reports of the sample do not deliver.
        let expected = if line.starts_with("health") { 11 } else { 0 };
        assert_eq!(
            output.status.code(),
            Some(expected),
            "{line}: {}",
            String::from_utf8_lossy(&output.stderr)
        );
    }
    for wrong in ["resume --all-pawsed", "auth login --tennant x --help", "auth chek --help"] {
        assert_eq!(run(wrong).status.code(), Some(2), "{wrong}");
    }
}
