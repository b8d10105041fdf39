//! What a request may carry: unknown, ill-typed and missing parameters are refused as Stripe refuses them.

use super::{errors::ApiError, form};

/// One line of a specification: `path kind`, where the path is dotted with `[]` for a list and `*` for any name;
/// `!` after it: required (where its parent is given); `?`: an empty text unsets it.
struct Rule<'a> {
    path: Vec<&'a str>,
    kind: &'a str,
    required: bool,
    unset: bool,
}

impl Rule<'_> {
    fn matches(&self, segments: &[&str]) -> bool {
        self.path.len() == segments.len() && self.begins(segments)
    }

    fn begins(&self, segments: &[&str]) -> bool {
        self.path.iter().zip(segments).all(|(rule, part)| match *rule {
            "[]" => part.bytes().all(|byte| byte.is_ascii_digit()),
            "*" => !part.is_empty(),
            name => name == *part,
        })
    }
}

fn rules<'a>(specs: &[&'a str]) -> Vec<Rule<'a>> {
    let lines = specs.iter().flat_map(|spec| spec.lines()).map(str::trim).filter(|line| !line.is_empty());
    let rule = |line: &'a str| {
        let (path, kind) = line.split_once(' ').unwrap_or((line, "str"));
        let bare = path.trim_end_matches(['!', '?']);
        let path_parts = bare.split('.').flat_map(|part| match part.strip_suffix("[]") {
            Some(name) => vec![name, "[]"],
            None => vec![part],
        });
        Rule { path: path_parts.collect(), kind, required: path.ends_with('!'), unset: path.ends_with('?') }
    };
    lines.map(rule).collect()
}

/// Refuses what the specification does not allow.
pub(super) fn check(specs: &[&str], pairs: &[(String, String)]) -> Result<(), ApiError> {
    let rules = rules(specs);
    let mut given = Vec::new();
    for (key, value) in pairs {
        let segments = form::segments(key).ok_or_else(|| unknown(key))?;
        let rule = rules.iter().find(|rule| rule.matches(&segments)).ok_or_else(|| unknown(key))?;
        check_value(rule, key, value)?;
        given.push(segments);
    }
    for rule in rules.iter().filter(|rule| rule.required) {
        check_required(rule, &given)?;
    }
    check_metadata(pairs)
}

fn unknown(key: &str) -> ApiError {
    ApiError::parameter("parameter_unknown", key, format!("Received unknown parameter: {key}"))
}

fn check_value(rule: &Rule<'_>, key: &str, value: &str) -> Result<(), ApiError> {
    if value.is_empty() {
        if rule.unset || matches!(rule.kind, "meta" | "unset" | "any") {
            return Ok(());
        }
        let message = format!(
            "You passed an empty string for '{key}'. We assume empty values are an attempt to unset a field; however \
             '{key}' cannot be unset. You should remove '{key}' from your request or supply a non-empty value."
        );
        return Err(ApiError::parameter("parameter_invalid_empty", key, message));
    }
    let bad =
        |code: &str, what: &str| Err(ApiError::parameter(code, key, format!("Invalid {what}: {value}")));
    match rule.kind.split_once(':') {
        Some(("enum", choices)) if choices.split('|').all(|choice| choice != value) => {
            let all = choices.split('|').collect::<Vec<_>>().join(", ");
            Err(ApiError::invalid(key, format!("Invalid {key}: must be one of {all}")))
        }
        Some(("max", limit)) if value.chars().count() > limit.parse().unwrap_or(usize::MAX) => {
            let message = format!("Invalid string: {value}; must be at most {limit} characters");
            Err(ApiError::parameter("parameter_invalid_string", key, message))
        }
        Some(_) => Ok(()),
        None => match rule.kind {
            "int" if value.parse::<i64>().is_err() => bad("parameter_invalid_integer", "integer"),
            "bool" if !matches!(value, "true" | "false") => bad("parameter_invalid_boolean", "boolean"),
            "url" if !is_url(value) => bad("url_invalid", "URL"),
            "email" if !value.contains('@') => bad("email_invalid", "email address"),
            "currency" if !is_currency(value) => bad("parameter_invalid_currency", "currency"),
            "unset" => Err(ApiError::invalid(key, format!("Invalid object: {value}"))),
            _ => Ok(()),
        },
    }
}

fn is_url(value: &str) -> bool {
    ["http://", "https://"]
        .iter()
        .any(|scheme| value.strip_prefix(scheme).is_some_and(|rest| !rest.is_empty() && !rest.contains(' ')))
}

fn is_currency(value: &str) -> bool {
    value.len() == 3 && value.bytes().all(|byte| byte.is_ascii_lowercase())
}

/// For every place where the rule's parent is given, the part itself must be too.
fn check_required(rule: &Rule<'_>, given: &[Vec<&str>]) -> Result<(), ApiError> {
    let depth = rule.path.len() - 1;
    let has = |parent: &[&str]| {
        let name = rule.path[depth];
        given.iter().any(|segments| {
            let part = segments.get(depth);
            segments.starts_with(parent) && part.is_some_and(|part| *part == name)
        })
    };
    if depth == 0 {
        return if has(&[]) { Ok(()) } else { Err(ApiError::missing(rule.path[0])) };
    }
    for segments in given.iter().filter(|segments| segments.len() > depth && rule.begins(&segments[..depth]))
    {
        let parent = &segments[..depth];
        if !has(parent) {
            let mut name = parent[0].to_owned();
            parent[1..]
                .iter()
                .chain([&rule.path[depth]])
                .for_each(|part| name.push_str(&format!("[{part}]")));
            return Err(ApiError::missing(&name));
        }
    }
    Ok(())
}

fn check_metadata(pairs: &[(String, String)]) -> Result<(), ApiError> {
    let mut counts = std::collections::BTreeMap::<&str, usize>::new();
    for (key, value) in pairs {
        let Some((parent, name)) = key.rsplit_once('[') else { continue };
        if !(parent == "metadata" || parent.ends_with("[metadata]")) {
            continue;
        }
        let name = name.trim_end_matches(']');
        let (long_key, long_value) = (name.chars().count(), value.chars().count());
        if long_key > 40 {
            let message = format!(
                "Metadata keys can have up to 40 characters, but you passed in a key that is {long_key} characters. \
                 Invalid key: {name}"
            );
            return Err(ApiError::invalid(parent, message));
        }
        if long_value > 500 {
            let message = format!(
                "Metadata values can have up to 500 characters, but you passed in a value that is {long_value} \
                 characters. Invalid value: {value}"
            );
            return Err(ApiError::invalid(key, message));
        }
        let count = counts.entry(parent).or_default();
        *count += 1;
        if *count > 50 {
            return Err(ApiError::invalid(parent, "You can specify up to 50 metadata keys."));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(spec: &str, body: &str) -> String {
        match check(&[spec], &form::pairs(body)) {
            Ok(()) => "ok".to_owned(),
            Err(error) => format!("{} {}", error.code(), error.body["error"]["param"].as_str().unwrap_or("")),
        }
    }

    #[test]
    fn refusals() {
        let spec = "mode! enum:a|b\nitems[].price_data.currency! currency\nitems[].price_data.n? int\nmetadata.* meta";
        assert_eq!(code(spec, "mode=a&items[0][price_data][currency]=gbp&items[0][price_data][n]="), "ok");
        assert_eq!(code(spec, "mode=a&0[0]=x"), "parameter_unknown 0[0]");
        assert_eq!(code(spec, "mode=c"), " mode");
        assert_eq!(code(spec, "items[0][price_data][currency]=gbp"), "parameter_missing mode");
        assert_eq!(
            code(spec, "mode=a&items[1][price_data][n]=1"),
            "parameter_missing items[1][price_data][currency]"
        );
        assert_eq!(
            code(spec, "mode=a&items[0][price_data][currency]=GBP").split(' ').next(),
            Some("parameter_invalid_currency")
        );
        assert_eq!(code(spec, &format!("mode=a&metadata[{}]=x", "k".repeat(41))), " metadata");
    }
}
