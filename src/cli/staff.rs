//! `almoner staff invite`

use std::process::ExitCode;

use super::serve::deps;
use crate::domain::role::Roles;
use crate::services::staff::invite;

/// Invites somebody and prints the link, which is kept nowhere.
pub async fn invite(email: &str, roles: &[String]) -> anyhow::Result<ExitCode> {
    let roles: Roles = roles.join(" ").parse()?;
    let fits = email.contains('@') && !email.contains(char::is_whitespace) && email.len() <= 254;
    anyhow::ensure!(fits, "{email:?} is not an e-mail address");
    let deps = deps(true).await?;
    let link = invite::invite(&deps, email, &roles).await?;
    deps.store.close().await;
    println!("{link}");
    eprintln!(
        "For {email} ({}). It works once, for two days. Hand it over in a way you trust.",
        roles.in_words()
    );
    Ok(ExitCode::SUCCESS)
}
