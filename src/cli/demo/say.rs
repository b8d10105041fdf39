//! What the demo prints. A reader that has gone away (`almoner demo | head`) is told nothing more and nothing breaks.

use std::io::{IsTerminal, Write};

use tokio_util::sync::CancellationToken;

/// Prints a line; when nobody reads any longer, the demo is to stop.
pub fn line(text: &str, stop: &CancellationToken) {
    write(&format!("{text}\n"), stop);
}

fn write(text: &str, stop: &CancellationToken) {
    let mut out = std::io::stdout().lock();
    if out.write_all(text.as_bytes()).and_then(|()| out.flush()).is_err() {
        stop.cancel();
    }
}

/// Elsewhere than on a terminal a dot a second tells that work goes on, and finds out whether anybody still reads.
pub async fn dots(stop: CancellationToken) {
    while !stop.is_cancelled() && !std::io::stdout().is_terminal() {
        tokio::time::sleep(std::time::Duration::from_secs(1)).await;
        write(".", &stop);
    }
}

/// How far the seeding is: a bar on a terminal, the tenths in one line elsewhere.
pub struct Progress {
    stop: Option<CancellationToken>,
    bar: bool,
    shown: i64,
}

const WIDTH: i64 = 40;

impl Progress {
    /// Says nothing.
    pub fn silent() -> Progress {
        Progress { stop: None, bar: false, shown: 0 }
    }

    /// Prints, and cancels when nobody reads.
    pub fn printed(stop: &CancellationToken) -> Progress {
        Progress { stop: Some(stop.clone()), bar: std::io::stdout().is_terminal(), shown: 0 }
    }

    /// `done` of `all`.
    pub fn at(&mut self, done: i64, all: i64) {
        let Some(stop) = &self.stop else { return };
        let percent = done * 100 / all.max(1);
        while self.shown < percent {
            self.shown += 1;
            let text = match (self.bar, self.shown) {
                (true, 100) => format!("\r{}\r", " ".repeat(60)),
                (true, shown) => {
                    let full = shown * WIDTH / 100;
                    let mark = |n: i64, mark: &str| mark.repeat(usize::try_from(n).unwrap_or(0));
                    format!("\r[{}{}] {shown} %", mark(full, "#"), mark(WIDTH - full, " "))
                }
                (false, 100) => " 100 %\n".to_owned(),
                (false, shown) if shown % 10 == 0 => format!(" {shown} % "),
                (false, _) => continue,
            };
            write(&text, stop);
        }
    }
}
