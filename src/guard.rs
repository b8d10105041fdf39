//! Catches network calls made while a write transaction is open (rule 3 of the house).
//!
//! Counts the open write transactions of each task. Compiled to nothing in release builds: the tests run the
//! same code with the check switched on.

#[cfg(debug_assertions)]
mod held {
    use std::collections::HashMap;
    use std::sync::{LazyLock, Mutex, PoisonError};

    static OPEN: LazyLock<Mutex<HashMap<tokio::task::Id, usize>>> = LazyLock::new(Mutex::default);

    pub fn change(task: tokio::task::Id, by: isize) {
        let mut open = OPEN.lock().unwrap_or_else(PoisonError::into_inner);
        let count = open.entry(task).or_default();
        *count = count.saturating_add_signed(by);
        if *count == 0 {
            open.remove(&task);
        }
    }

    pub fn any(task: tokio::task::Id) -> bool {
        OPEN.lock().unwrap_or_else(PoisonError::into_inner).contains_key(&task)
    }
}

/// Lives as long as a write transaction.
#[derive(Debug)]
pub struct OpenWrite {
    #[cfg(debug_assertions)]
    task: Option<tokio::task::Id>,
}

impl OpenWrite {
    /// Notes that the current task holds a write transaction.
    pub fn begin() -> OpenWrite {
        OpenWrite {
            #[cfg(debug_assertions)]
            task: tokio::task::try_id().inspect(|id| held::change(*id, 1)),
        }
    }
}

#[cfg(debug_assertions)]
impl Drop for OpenWrite {
    fn drop(&mut self) {
        if let Some(id) = self.task {
            held::change(id, -1);
        }
    }
}

/// Panics in debug builds when the current task holds a write transaction; call it before each network call.
pub fn assert_no_open_write(what: &str) {
    #[cfg(debug_assertions)]
    if let Some(id) = tokio::task::try_id() {
        assert!(!held::any(id), "{what}: network call inside a write transaction");
    }
    #[cfg(not(debug_assertions))]
    let _ = what;
}
