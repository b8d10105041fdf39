//! `almoner demo`
use std::path::Path;
use std::process::ExitCode;
pub async fn run(_data: &Path, _port: u16) -> anyhow::Result<ExitCode> {
    anyhow::bail!("being written")
}
