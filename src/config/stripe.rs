//! Stripe's settings: the key, the webhook secrets, and where its API is.

use secrecy::SecretString;

use super::is_placeholder;
use super::settings::Source;
use super::urls::web_address;

/// Fewest characters of a webhook secret, `whsec_` included.
const WEBHOOK_SECRET_MIN: usize = 32;

/// How Stripe is reached and how its callbacks are known to be its own.
#[derive(Clone, Debug)]
pub struct StripeConfig {
    /// The API key.
    pub secret_key: SecretString,
    /// Signing secrets of the webhook endpoint: at least one, several while rolling.
    pub webhook_secrets: Vec<SecretString>,
    /// Without a slash at the end; `https://api.stripe.com` unless a test says otherwise.
    pub api_base: String,
    /// True when the key moves real money (`sk_live_`, `rk_live_`).
    pub livemode: bool,
}

/// Reads all three settings, noting every problem.
pub(super) fn read(source: &mut Source<'_>) -> Option<StripeConfig> {
    let key = source.read("STRIPE_SECRET_KEY", read_key);
    let webhook_secrets = source.read("STRIPE_WEBHOOK_SECRET", read_webhook_secrets);
    let api_base = source.read("STRIPE_API_BASE", read_api_base);
    let (secret_key, livemode) = key?;
    Some(StripeConfig { secret_key, webhook_secrets: webhook_secrets?, api_base: api_base?, livemode })
}

fn read_key(value: &str) -> Result<(SecretString, bool), String> {
    let kinds = [("sk_test_", false), ("rk_test_", false), ("sk_live_", true), ("rk_live_", true)];
    let kind = kinds.iter().find_map(|(prefix, live)| Some((value.strip_prefix(prefix)?, *live)));
    let Some((rest, livemode)) = kind else {
        let hint = if value.starts_with("pk_") { " (pk_… is the publishable key)" } else { "" };
        return Err(format!("must begin with sk_test_, sk_live_, rk_test_ or rk_live_{hint}"));
    };
    if is_placeholder(value) {
        return Err("is still the value of .env.example; copy the key from Stripe's dashboard".to_owned());
    }
    if rest.is_empty() || !rest.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_') {
        return Err("must be the whole key: letters, digits and _ after the beginning".to_owned());
    }
    Ok((value.to_owned().into(), livemode))
}

fn read_webhook_secrets(value: &str) -> Result<Vec<SecretString>, String> {
    let parts: Vec<&str> = value.split(',').map(str::trim).collect();
    for (i, part) in parts.iter().enumerate() {
        let which = if parts.len() > 1 { format!("secret {}: ", i + 1) } else { String::new() };
        check_webhook_secret(part).map_err(|problem| format!("{which}{problem}"))?;
    }
    Ok(parts.into_iter().map(|p| p.to_owned().into()).collect())
}

fn check_webhook_secret(part: &str) -> Result<(), String> {
    if part.is_empty() {
        return Err("is empty; leave no comma at an end".to_owned());
    }
    if is_placeholder(part) {
        return Err("is still the value of .env.example; copy it from Stripe's dashboard".to_owned());
    }
    let well_formed = part.starts_with("whsec_") && part.bytes().all(|b| b.is_ascii_graphic());
    if !well_formed || part.len() < WEBHOOK_SECRET_MIN {
        return Err(format!("must begin with whsec_ and have at least {WEBHOOK_SECRET_MIN} characters"));
    }
    Ok(())
}

fn read_api_base(value: &str) -> Result<String, String> {
    let url = web_address(value)?;
    Ok(url.as_str().trim_end_matches('/').to_owned())
}
