//! Gifts of another system: a file is looked at, its rows are shown with what is wrong with them, and brought in once somebody
//! says so; nothing is mailed, no receipt is issued. What was brought in can be taken back while nothing is built on it.

mod carry_out;
mod declared;
mod look;
pub mod plans;
mod row;

pub use carry_out::{bring_in, drop_file, run, take_back};
pub use look::{Asked, ROWS_AT_MOST, look};

use super::{Deps, Result};
use crate::domain::ids::ImportId;
use crate::domain::states::ImportRowState;
use crate::store::imports::{self, Batch, Parity, Standing, Told};
use crate::store::imports_back;

/// Rows of one kind that are named on the page.
pub const NAMED: i64 = 100;
/// Lines of the comparison on the page.
pub const COMPARED: i64 = 200;

/// A file with everything its page shows.
#[derive(Clone, Debug)]
pub struct Shown {
    /// The file.
    pub batch: Batch,
    /// How its rows stand.
    pub standings: Vec<Standing>,
    /// What is wrong, row by row; the first of them.
    pub problems: Vec<Told>,
    /// What is left out, row by row; the first of them.
    pub left_out: Vec<Told>,
    /// What the file says and what the books have, donor by donor and year by year; those that differ first.
    pub parity: Vec<Parity>,
    /// Gifts on which something is built: it cannot be taken back.
    pub built_on: i64,
}

/// A file as its page shows it.
///
/// # Errors
/// When the database refuses.
pub async fn shown(deps: &Deps, id: &ImportId) -> Result<Option<Shown>> {
    let mut read = deps.store.read().await?;
    let Some(batch) = imports::by_id(&mut read, id).await? else { return Ok(None) };
    let standings = imports::standings(&mut read, id).await?;
    let problems = imports::told(&mut read, id, ImportRowState::Problem, NAMED).await?;
    let left_out = imports::told(&mut read, id, ImportRowState::LeftOut, NAMED).await?;
    let parity = imports::parity(&mut read, id, COMPARED).await?;
    let built_on = imports_back::built_on(&mut read, id).await?;
    Ok(Some(Shown { batch, standings, problems, left_out, parity, built_on }))
}

/// Whether there is such a file.
///
/// # Errors
/// When the database refuses.
pub async fn is_there(deps: &Deps, id: &ImportId) -> Result<bool> {
    let mut read = deps.store.read().await?;
    Ok(imports::by_id(&mut read, id).await?.is_some())
}

/// The latest files.
///
/// # Errors
/// When the database refuses.
pub async fn latest(deps: &Deps) -> Result<Vec<Batch>> {
    let mut read = deps.store.read().await?;
    Ok(imports::latest(&mut read).await?)
}
