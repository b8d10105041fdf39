//! The contract: requests and answers held against Stripe's own OpenAPI document, where it is at hand.

use std::{collections::BTreeMap, path::Path};

use serde_json::Value;

/// Parameters of version 2026-09-30.endive that the document (2026-08-26.dahlia) does not have yet: path template,
/// parameter.
const NEWER: &[(&str, &str)] = &[("/v1/checkout/sessions", "allowed_payment_method_types")];

/// Parameters the document has and the newer version no longer takes.
const GONE: &[(&str, &str)] = &[("/v1/checkout/sessions", "payment_method_types")];

/// Stripe's OpenAPI document.
pub struct Spec {
    document: Value,
}

/// A decoded parameter.
enum Node {
    Leaf(String),
    Map(BTreeMap<String, Node>),
}

impl Spec {
    /// Reads `../shared/stripe/openapi.json`; `None` where it is absent.
    pub fn load() -> Option<Spec> {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/stripe/openapi.json");
        let text = std::fs::read(path).ok()?;
        Some(Spec { document: serde_json::from_slice(&text).expect("the document is JSON") })
    }

    /// What is wrong with a request.
    pub fn check_request(
        &self,
        method: &str,
        path: &str,
        query: &[(String, String)],
        form: &[(String, String)],
    ) -> Vec<String> {
        let Some((template, operation)) = self.operation(method, path) else {
            return vec![format!("{method} {path}: no such call")];
        };
        let mut wrong = Vec::new();
        let (query, form) = (tree(query, &mut wrong), tree(form, &mut wrong));
        self.check_query(template, operation, &query, &mut wrong);
        let body = &operation["requestBody"]["content"]["application/x-www-form-urlencoded"]["schema"];
        let Node::Map(mut form) = form else { return wrong };
        form.retain(|name, _| !NEWER.contains(&(template, name.as_str())));
        for (_, name) in GONE.iter().filter(|(of, name)| *of == template && form.contains_key(*name)) {
            wrong.push(format!("{name}: no longer taken"));
        }
        if body.is_object() {
            self.check_node(body, &Node::Map(form), "", &mut wrong);
        } else if !form.is_empty() {
            wrong.push("a body where none is taken".to_owned());
        }
        wrong.into_iter().map(|wrong| format!("{method} {template}: {wrong}")).collect()
    }

    fn check_query(&self, template: &str, operation: &Value, query: &Node, wrong: &mut Vec<String>) {
        let Node::Map(query) = query else { return };
        let known = operation["parameters"].as_array().cloned().unwrap_or_default();
        let known: Vec<&Value> = known.iter().filter(|known| known["in"] == "query").collect();
        for (name, node) in query {
            match known.iter().find(|known| known["name"] == name.as_str()) {
                Some(known) => self.check_node(&known["schema"], node, name, wrong),
                None if NEWER.contains(&(template, name.as_str())) => {}
                None => wrong.push(format!("{name}: unknown parameter")),
            }
        }
        for known in known.iter().filter(|known| known["required"] == true) {
            if !query.contains_key(known["name"].as_str().unwrap_or_default()) {
                wrong.push(format!("{}: missing", known["name"]));
            }
        }
    }

    /// What is wrong with an answer.
    pub fn check_response(&self, method: &str, path: &str, status: u16, body: &Value) -> Vec<String> {
        let Some((template, operation)) = self.operation(method, path) else {
            return vec![format!("{method} {path}: no such call")];
        };
        let code = status.to_string();
        let responses = &operation["responses"];
        let response = responses.get(&code).unwrap_or(&responses["default"]);
        let schema = &response["content"]["application/json"]["schema"];
        let mut wrong = Vec::new();
        self.check_value(schema, body, "", &mut wrong);
        wrong.into_iter().map(|wrong| format!("{method} {template}: {wrong}")).collect()
    }

    /// What is wrong with an object on its own, such as the one in an event.
    pub fn check_object(&self, body: &Value) -> Vec<String> {
        let kind = body["object"].as_str().unwrap_or_default();
        let schema = &self.document["components"]["schemas"][kind];
        if schema.is_null() {
            return vec![format!("{kind}: no such object")];
        }
        let mut wrong = Vec::new();
        self.check_value(schema, body, "", &mut wrong);
        wrong.into_iter().map(|wrong| format!("{kind}: {wrong}")).collect()
    }

    /// The call whose template fits the path, the most literal one first.
    fn operation(&self, method: &str, path: &str) -> Option<(&str, &Value)> {
        let parts: Vec<&str> = path.split('/').collect();
        let fits = |template: &&String| {
            let own: Vec<&str> = template.split('/').collect();
            own.len() == parts.len()
                && own.iter().zip(&parts).all(|(own, part)| own.starts_with('{') || own == part)
        };
        let paths = self.document["paths"].as_object()?;
        let template = paths.keys().filter(fits).min_by_key(|template| template.matches('{').count())?;
        let operation = paths[template].get(method.to_lowercase())?;
        Some((template, operation))
    }

    fn resolve<'a>(&'a self, schema: &'a Value) -> &'a Value {
        match schema["$ref"].as_str().and_then(|name| name.rsplit('/').next()) {
            Some(name) => &self.document["components"]["schemas"][name],
            None => schema,
        }
    }

    fn check_value(&self, schema: &Value, value: &Value, at: &str, wrong: &mut Vec<String>) {
        let schema = self.resolve(schema);
        if value.is_null() {
            if schema["nullable"] != true && schema.as_object().is_some_and(|schema| !schema.is_empty()) {
                wrong.push(format!("{at}: null"));
            }
            return;
        }
        if let Some(choices) = schema["anyOf"].as_array() {
            return self.check_any(choices, value, at, wrong);
        }
        let fits = match schema["type"].as_str() {
            Some("string") => value.is_string(),
            Some("integer") => value.is_i64() || value.is_u64(),
            Some("number") => value.is_number(),
            Some("boolean") => value.is_boolean(),
            Some("array") => value.is_array(),
            Some("object") => value.is_object(),
            _ => true,
        };
        if !fits {
            wrong.push(format!("{at}: {value} is no {}", schema["type"]));
            return;
        }
        if schema["enum"].as_array().is_some_and(|choices| !choices.contains(value)) {
            wrong.push(format!("{at}: {value} is not among {}", schema["enum"]));
        }
        if let Some(most) = schema["maxLength"].as_u64()
            && value.as_str().is_some_and(|text| text.chars().count() as u64 > most)
        {
            wrong.push(format!("{at}: longer than {most}"));
        }
        match value {
            Value::Array(items) => {
                for (index, item) in items.iter().enumerate() {
                    self.check_value(&schema["items"], item, &format!("{at}[{index}]"), wrong);
                }
            }
            Value::Object(_) => self.check_fields(schema, value, at, wrong),
            _ => {}
        }
    }

    fn check_fields(&self, schema: &Value, value: &Value, at: &str, wrong: &mut Vec<String>) {
        for name in schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str) {
            if value.get(name).is_none() {
                wrong.push(format!("{at}.{name}: missing"));
            }
        }
        let known = schema["properties"].as_object();
        for (name, inner) in value.as_object().into_iter().flatten() {
            let place = format!("{at}.{name}");
            match known.and_then(|known| known.get(name)) {
                Some(schema) => self.check_value(schema, inner, &place, wrong),
                None if schema["additionalProperties"].is_object() => {
                    self.check_value(&schema["additionalProperties"], inner, &place, wrong);
                }
                None if known.is_some() => wrong.push(format!("{place}: unknown field")),
                None => {}
            }
        }
    }

    /// The choice named by `object` if there is one, else the first that fits.
    fn check_any(&self, choices: &[Value], value: &Value, at: &str, wrong: &mut Vec<String>) {
        let mut least: Option<Vec<String>> = None;
        for choice in choices {
            let names = &self.resolve(choice)["properties"]["object"]["enum"];
            let mut own = Vec::new();
            self.check_value(choice, value, at, &mut own);
            if names.as_array().is_some_and(|names| names.contains(&value["object"]))
                && value["deleted"] != true
            {
                return wrong.append(&mut own);
            }
            if least.as_ref().is_none_or(|least| own.len() < least.len()) {
                least = Some(own);
            }
        }
        wrong.append(&mut least.unwrap_or_default());
    }

    fn check_node(&self, schema: &Value, node: &Node, at: &str, wrong: &mut Vec<String>) {
        let schema = self.resolve(schema);
        if let Some(choices) = schema["anyOf"].as_array() {
            let tried = choices.iter().map(|choice| {
                let mut own = Vec::new();
                self.check_node(choice, node, at, &mut own);
                own
            });
            return wrong.append(&mut tried.min_by_key(Vec::len).unwrap_or_default());
        }
        match (schema["type"].as_str(), node) {
            (Some("object"), Node::Map(parts)) => self.check_parts(schema, parts, at, wrong),
            (Some("array"), Node::Map(parts)) => {
                for (index, part) in parts {
                    if !index.bytes().all(|byte| byte.is_ascii_digit()) {
                        wrong.push(format!("{at}[{index}]: no list index"));
                    }
                    self.check_node(&schema["items"], part, &format!("{at}[{index}]"), wrong);
                }
            }
            (Some("object" | "array"), Node::Leaf(text)) => {
                wrong.push(format!("{at}: {text:?} is no {}", schema["type"]))
            }
            (_, Node::Map(_)) => wrong.push(format!("{at}: parts of a {}", schema["type"])),
            (kind, Node::Leaf(text)) => check_leaf(schema, kind.unwrap_or("string"), text, at, wrong),
        }
    }

    fn check_parts(&self, schema: &Value, parts: &BTreeMap<String, Node>, at: &str, wrong: &mut Vec<String>) {
        for (name, part) in parts {
            let place = if at.is_empty() { name.clone() } else { format!("{at}[{name}]") };
            match (schema["properties"].get(name), &schema["additionalProperties"]) {
                (Some(schema), _) => self.check_node(schema, part, &place, wrong),
                (None, more) if more.is_object() => self.check_node(more, part, &place, wrong),
                _ => wrong.push(format!("{place}: unknown parameter")),
            }
        }
        for name in schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str) {
            if !parts.contains_key(name) {
                wrong.push(format!("{at}[{name}]: missing"));
            }
        }
    }
}

fn check_leaf(schema: &Value, kind: &str, text: &str, at: &str, wrong: &mut Vec<String>) {
    let fits = match kind {
        "integer" => text.parse::<i64>().is_ok(),
        "number" => text.parse::<f64>().is_ok(),
        "boolean" => matches!(text, "true" | "false"),
        _ => true,
    };
    if !fits {
        wrong.push(format!("{at}: {text:?} is no {kind}"));
    }
    let open = schema["x-stripeBypassValidation"] == true;
    if let Some(choices) = schema["enum"].as_array()
        && !open
        && !choices.iter().any(|choice| choice == text)
    {
        wrong.push(format!("{at}: {text:?} is not among {}", schema["enum"]));
    }
    if let Some(most) = schema["maxLength"].as_u64()
        && text.chars().count() as u64 > most
    {
        wrong.push(format!("{at}: longer than {most}"));
    }
}

fn tree(pairs: &[(String, String)], wrong: &mut Vec<String>) -> Node {
    let mut root = BTreeMap::new();
    for (key, value) in pairs {
        let path: Vec<String> = key.split('[').map(|part| part.trim_end_matches(']').to_owned()).collect();
        if key.matches('[').count() != key.matches(']').count() {
            wrong.push(format!("{key}: brackets do not match"));
        }
        put(&mut root, &path, value);
    }
    Node::Map(root)
}

fn put(map: &mut BTreeMap<String, Node>, path: &[String], value: &str) {
    let Some((head, rest)) = path.split_first() else { return };
    let key = if head.is_empty() { map.len().to_string() } else { head.clone() };
    if rest.is_empty() {
        map.insert(key, Node::Leaf(value.to_owned()));
    } else if let Node::Map(inner) = map.entry(key).or_insert_with(|| Node::Map(BTreeMap::new())) {
        put(inner, rest, value);
    }
}
