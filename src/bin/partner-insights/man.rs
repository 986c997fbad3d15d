//! `man`: prints man pages.

use clap_mangen::Man;
use clap_mangen::roff::{Roff, roman};

use crate::args::help;
use crate::exit::{self, Failure};
use crate::output::Output;
use crate::precedence;

/// Maximum length of a line of text.
const MAX_LINE: usize = 80;

pub fn run(command: &[String], output: &Output) -> Result<u8, Failure> {
    let root = precedence::command();
    let mut described = &root;
    for name in command {
        described = described.find_subcommand(name).ok_or_else(|| {
            Failure::usage(format!("unknown command {name:?}"))
                .hint("`partner-insights -h` lists the commands")
        })?;
    }
    let notes = described.get_after_long_help().map(ToString::to_string).unwrap_or_default();
    // clap_mangen would print the notes under the heading EXTRA, and join their lines.
    let described = described.clone().after_long_help(None::<&str>);
    // Otherwise, it would also leave out the only text of a flag that is hidden in the short help.
    let described = described.mut_args(|arg| arg.hide_short_help(false));
    let title = described.get_display_name().unwrap_or(described.get_name()).to_uppercase();
    let mut page = Vec::new();
    Man::new(described)
        .title(title)
        // Without a date, the source would appear in its place.
        .date("\"\"")
        .source(format!("partner-insights {}", help::version()))
        .manual("User Commands")
        .render(&mut page)
        .map_err(Failure::unexpected)?;
    // Fix what `mandoc -T lint` reports about the output of clap_mangen.
    let page: String =
        String::from_utf8_lossy(&page).lines().map(|line| wrapped(line.trim_end()) + "\n").collect();
    let page = page.replace("\n.br\n\n.br\n", "\n.sp\n").replace("\n.sp\n.br\n", "\n.sp\n");
    let codes = if notes.contains(help::EXIT_CODES) { String::new() } else { help::exit_codes() };
    output.text(&(page + &sections(&format!("{notes}\n\n{codes}"))))?;
    Ok(exit::OK)
}

/// Breaks a long line of text at spaces, which does not change the formatted page.
fn wrapped(line: &str) -> String {
    let (mut text, mut length) = (String::new(), 0);
    for word in line.split(' ') {
        let is_first = text.is_empty();
        // At the start of a line, these would make it a request.
        let may_start = !line.starts_with('.') && !word.starts_with(['.', '\'']);
        let breaks = !is_first && may_start && length + 1 + word.len() > MAX_LINE;
        text += if breaks {
            "\n"
        } else if is_first {
            ""
        } else {
            " "
        };
        text += word;
        length = if breaks || is_first { word.len() } else { length + 1 + word.len() };
    }
    text
}

/// Formats the notes after the options as sections of a man page, and preserves their line breaks.
fn sections(notes: &str) -> String {
    let mut roff = Roff::new();
    for paragraph in
        notes.split("\n\n").map(|text| text.trim_matches('\n')).filter(|paragraph| !paragraph.is_empty())
    {
        let headings = [(help::EXAMPLES, "EXAMPLES"), (help::EXIT_CODES, "EXIT STATUS")];
        let known = headings.into_iter().find_map(|(title, heading)| {
            paragraph.strip_prefix(title).map(|lines| (heading, lines.trim_start_matches('\n')))
        });
        let (heading, lines) = known.unwrap_or(("NOTES", paragraph));
        roff.control("SH", [heading]).control("nf", []);
        for line in lines.lines() {
            roff.text([roman(line)]);
        }
        roff.control("fi", []);
    }
    roff.to_roff()
}
