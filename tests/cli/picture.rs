//! The image in the README. After an intended change, redraw it with `SNAPSHOTS=overwrite` in the environment.

use snapbox::data::DataFormat;
use snapbox::{Data, assert_data_eq};

use crate::{emulator, run};

#[tokio::test]
async fn readme_image_shows_the_real_output() {
    let emulator = emulator().start().await.unwrap();
    let mut screen = String::new();
    for line in ["list --status paused", "resume --all-paused --yes", "list --status paused"] {
        screen += &format!("\x1b[1m$ partner-insights {line}\x1b[0m\n");
        let args: Vec<_> = line.split(' ').chain(["--color", "always"]).collect();
        let finished = run(&emulator, &args).await;
        assert_eq!(finished.code, Some(0), "{}", finished.stderr);
        screen += &format!("{}{}\n", finished.stdout, finished.stderr);
    }
    let picture = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/partner-insights.term.svg");
    assert_data_eq!(
        Data::text(screen.trim_end()).coerce_to(DataFormat::TermSvg),
        Data::read_from(picture.as_ref(), Some(DataFormat::TermSvg)).raw()
    );
}
