//! The codes of an authenticator (RFC 6238): six digits, thirty seconds, each good once (ASVS 6.5.1).

use hmac::{Hmac, KeyInit, Mac};
use qrcodegen::{QrCode, QrCodeEcc};
use secrecy::ExposeSecret;
use sha2::Sha256;
use totp_rs::{Builder, Secret, Totp};

use super::seal;
use crate::clock::Ts;
use crate::domain::ids::{InvitationId, StaffId};
use crate::services::{Deps, Result, ServiceError};

/// 160 bits, as RFC 4226 recommends.
const SECRET_BYTES: usize = 20;
/// Light modules around a square code.
const QUIET: i32 = 4;

/// A secret on its way into an authenticator.
#[derive(Clone, Debug)]
pub struct Enrolment {
    /// The dark modules of the square code as an SVG path.
    pub path: String,
    /// Modules a side.
    pub side: i32,
    /// The secret as it is typed, in groups of four.
    pub text: String,
}

/// The secret that an invitation offers: always the same, so that a form that comes back shows the same square.
pub fn offered(deps: &Deps, invitation: &InvitationId) -> Vec<u8> {
    let key = deps.config.session_secret.expose_secret().as_bytes();
    // HMAC takes keys of any length, so the error arm cannot be reached; an empty secret builds no authenticator.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(key) else { return Vec::new() };
    mac.update(b"almoner authenticator of an invitation");
    mac.update(invitation.as_str().as_bytes());
    mac.finalize().into_bytes()[..SECRET_BYTES].to_vec()
}

/// A secret as a square code and as text.
///
/// # Errors
/// When the names cannot stand in such a code.
pub fn enrolment(deps: &Deps, secret: &[u8], email: &str) -> Result<Enrolment> {
    let brand = deps.config.charity.brand.name.replace(':', " ");
    let totp = build(secret, email, Some(brand))?;
    let unfit = |e: &dyn std::fmt::Display| ServiceError::Unexpected(format!("square code: {e}"));
    let url = totp.to_url().map_err(|e| unfit(&e))?;
    let code = QrCode::encode_text(&url, QrCodeEcc::Medium).map_err(|e| unfit(&e))?;
    let mut path = String::new();
    for y in 0..code.size() {
        for x in (0..code.size()).filter(|x| code.get_module(*x, y)) {
            path.push_str(&format!("M{} {}h1v1h-1z", x + QUIET, y + QUIET));
        }
    }
    let plain = totp.secret().to_base32();
    let groups: Vec<&str> = plain.as_bytes().chunks(4).filter_map(|c| std::str::from_utf8(c).ok()).collect();
    Ok(Enrolment { path, side: code.size() + 2 * QUIET, text: groups.join(" ") })
}

/// The time step of a code that fits now, give or take half a minute.
///
/// # Errors
/// When the secret is unfit.
pub fn step_of(secret: &[u8], typed: &str, now: Ts) -> Result<Option<i64>> {
    let digits: String = typed.chars().filter(char::is_ascii_digit).collect();
    if digits.len() != 6 {
        return Ok(None);
    }
    let now = u64::try_from(now.as_unix()).unwrap_or(0);
    let step = build(secret, "", None)?.check(&digits, now);
    Ok(step.and_then(|s| i64::try_from(s).ok()))
}

/// The code of a secret at an instant, for the demo's helper page and for tests.
///
/// # Errors
/// When the secret is unfit.
pub fn code_at(secret: &[u8], at: Ts) -> Result<String> {
    Ok(build(secret, "", None)?.generate(u64::try_from(at.as_unix()).unwrap_or(0)).to_string())
}

/// A secret for the database.
///
/// # Errors
/// Never with a key of any length.
pub fn sealed(deps: &Deps, staff: &StaffId, secret: &[u8]) -> Result<String> {
    seal::seal(&deps.config.session_secret, staff.as_str(), secret, &deps.random)
        .ok_or_else(|| ServiceError::Unexpected("a secret could not be sealed".to_owned()))
}

/// A secret from the database; `None` when `SESSION_SECRET` is another one than it was.
pub fn opened(deps: &Deps, staff: &StaffId, sealed: &str) -> Option<Vec<u8>> {
    seal::open(&deps.config.session_secret, staff.as_str(), sealed)
}

fn build(secret: &[u8], account: &str, issuer: Option<String>) -> Result<Totp> {
    Builder::new()
        .with_secret(Secret::from(secret.to_vec()))
        .with_account_name(account.replace(':', " "))
        .with_issuer(issuer)
        .build()
        .map_err(|e| ServiceError::Unexpected(format!("authenticator: {e}")))
}
