//! Who runs where: the server on one processor, the load generator on another.

use std::process::{Command, Stdio};

/// The processors of this machine as `taskset` names them.
#[derive(Clone, Debug)]
pub struct Cores {
    all: String,
    pair: Option<(usize, usize)>,
}

impl Cores {
    /// What this process may use now. Without a second processor or `taskset`, nothing is pinned.
    pub fn here() -> Cores {
        let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
        let line = status.lines().find_map(|l| l.strip_prefix("Cpus_allowed_list:"));
        let all = line.unwrap_or_default().trim().to_owned();
        let each = expand(&all);
        let taskset = Command::new("taskset").arg("--version").stdout(Stdio::null()).status().is_ok();
        let pair = match each.as_slice() {
            [server, load, ..] if taskset => Some((*server, *load)),
            _ => None,
        };
        Cores { all, pair }
    }

    /// For the notes.
    pub fn describe(&self) -> String {
        match self.pair {
            Some((server, load)) => format!(
                "But for `settle`, the server is on processor {server}, the load generator on {load}; \
                 PostgreSQL may use {}.",
                self.all
            ),
            None => "NOT pinned (one processor only, or no taskset): take the figures with care.".to_owned(),
        }
    }

    /// Moves this whole process to the load generator's processor, until [`Cores::release`].
    pub fn hold_load(&self) {
        if let Some((_, load)) = self.pair {
            move_self(&load.to_string());
        }
    }

    /// Moves this whole process to the server's processor, so that a loop of its own has what the server has.
    pub fn hold_server(&self) {
        if let Some((server, _)) = self.pair {
            move_self(&server.to_string());
        }
    }

    /// Processors the server may use.
    pub fn of_server(&self) -> usize {
        if self.pair.is_some() { 1 } else { expand(&self.all).len().max(1) }
    }

    /// Lets this process run anywhere again.
    pub fn release(&self) {
        if self.pair.is_some() {
            move_self(&self.all);
        }
    }

    /// A command on the server's processor.
    pub fn on_server(&self, program: &str) -> Command {
        self.on(self.pair.map(|(server, _)| server.to_string()), program)
    }

    /// A command on the load generator's processor.
    pub fn on_load(&self, program: &str) -> Command {
        self.on(self.pair.map(|(_, load)| load.to_string()), program)
    }

    /// A command that may run anywhere, even when this process may not.
    pub fn anywhere(&self, program: &str) -> Command {
        self.on(self.pair.map(|_| self.all.clone()), program)
    }

    fn on(&self, list: Option<String>, program: &str) -> Command {
        match list {
            Some(list) => {
                // taskset becomes the program, so the child's id is the program's.
                let mut command = Command::new("taskset");
                command.args(["-c", &list, program]);
                command
            }
            None => Command::new(program),
        }
    }
}

fn move_self(list: &str) {
    let me = std::process::id().to_string();
    let moved = Command::new("taskset").args(["-acp", list, &me]).stdout(Stdio::null()).status();
    assert!(moved.is_ok_and(|status| status.success()), "taskset refused to move this process to {list}");
}

/// `0-2,5` as 0, 1, 2, 5.
fn expand(list: &str) -> Vec<usize> {
    let range = |part: &str| {
        let (from, to) = part.split_once('-').unwrap_or((part, part));
        Some(from.trim().parse().ok()?..=to.trim().parse().ok()?)
    };
    list.split(',').filter_map(range).flatten().collect()
}
