//! Amounts people type: within the entity's limits, in words that say how to put a mistake right.

use crate::config::Entity;
use crate::domain::fee;
use crate::domain::money::{AmountError, Currency, Money};

/// Checks an amount that was typed for a gift to `entity`; `contact` is whom to write to about a very large one.
///
/// # Errors
/// What to put right, as a sentence.
pub fn check(entity: &Entity, contact: &str, currency: Currency, typed: &str) -> Result<Money, String> {
    let locale = entity.locale.as_str();
    let limits = entity.minimum_in(currency).zip(entity.maximum_in(currency));
    let Some((least, most)) = limits else { return Err("Choose another currency".to_owned()) };
    let from_least = format!("Enter an amount of {} or more", least.display_short(locale));
    Err(match Money::parse_typed(typed, currency) {
        Ok(amount) if amount.minor() < least.minor() => from_least,
        Ok(amount) if amount.minor() > most.minor() => format!(
            "Enter an amount of {} or less. To give more, write to {contact}",
            most.display_short(locale)
        ),
        Ok(amount) if currency.exponent() == 3 && amount.minor() % 10 != 0 => {
            format!("Enter an amount in {currency} with two decimals")
        }
        Ok(amount) => return Ok(amount),
        Err(AmountError::Empty) => "Choose an amount, or enter your own".to_owned(),
        Err(AmountError::NotPositive) => from_least,
        Err(AmountError::DecimalComma) => "Use a full stop for the decimals, like 10.00".to_owned(),
        Err(AmountError::TooManyDecimals) if currency.exponent() == 0 => {
            format!("Enter a whole number: {currency} has no decimals")
        }
        Err(AmountError::TooManyDecimals) => {
            format!("Enter an amount with at most {} decimals", currency.exponent())
        }
        Err(AmountError::TooLarge) => format!("Enter an amount of {} or less", most.display_short(locale)),
        Err(AmountError::NotANumber) => "Enter an amount in figures, like 25 or 25.50".to_owned(),
    })
}

/// What to add so that the whole gift arrives; zero where the entity asks nobody to cover the fee.
pub fn cover(entity: &Entity, amount: Money) -> Money {
    let currency = amount.currency();
    let rule = entity.cover_fee.as_ref();
    rule.and_then(|r| fee::cover(amount, r.percent, r.fixed_in(currency)?.minor()).ok())
        .map(|fee| match currency.exponent() {
            // Stripe takes three-decimal currencies in steps of ten.
            3 => Money::new(fee.minor().saturating_add(9) / 10 * 10, currency),
            _ => fee,
        })
        .unwrap_or(Money::zero(currency))
}
