//! The lines of a session: prices known or described.

use serde_json::{Value, json};

use super::{errors::ApiError, form::Node, shapes, state::World};

/// One line of a session as asked for, checked but not yet made.
pub(super) enum Line<'a> {
    Known { price: String, node: &'a Node },
    Made { node: &'a Node },
}

/// What an amount in Stripe's units must be a multiple of.
fn grain(currency: &str) -> i64 {
    match currency {
        "isk" | "ugx" => 100,
        "bhd" | "jod" | "kwd" | "omr" | "tnd" => 10,
        _ => 1,
    }
}

impl World {
    /// Checks the lines of a session in this mode.
    pub fn check_lines<'a>(&self, node: &'a Node, mode: &str) -> Result<Vec<Line<'a>>, ApiError> {
        let nodes = node.items("line_items");
        match (mode, nodes.len()) {
            ("setup", 0) => return Ok(Vec::new()),
            ("setup", _) => {
                return Err(ApiError::invalid(
                    "line_items",
                    "You can not pass `line_items` in `setup` mode.",
                ));
            }
            (_, 0) => return Err(ApiError::missing("line_items")),
            ("subscription", 21..) => {
                let message = "You can have at most 20 line items with recurring prices.";
                return Err(ApiError::invalid("line_items", message));
            }
            _ => {}
        }
        let lines: Vec<Line<'a>> = nodes
            .into_iter()
            .enumerate()
            .map(|(index, node)| self.check_line(node, mode, index))
            .collect::<Result<_, _>>()?;
        let rhythm = |line: &Line<'_>| match line {
            Line::Known { price, .. } => {
                let recurring = &self.body(price)["recurring"];
                (recurring["interval"].as_str().map(str::to_owned), recurring["interval_count"].as_i64())
            }
            Line::Made { node } => {
                let data = node.at("price_data.recurring");
                let interval = data.and_then(|data| data.text("interval")).map(str::to_owned);
                (interval, data.map(|data| data.int("interval_count").unwrap_or(1)))
            }
        };
        if lines.windows(2).any(|two| rhythm(&two[0]) != rhythm(&two[1])) {
            let message = "All recurring prices must have the same `interval` and `interval_count`.";
            return Err(ApiError::invalid("line_items", message));
        }
        Ok(lines)
    }

    fn check_line<'a>(&self, node: &'a Node, mode: &str, index: usize) -> Result<Line<'a>, ApiError> {
        let param = |name: &str| format!("line_items[{index}][{name}]");
        if node.int("quantity").is_none_or(|quantity| quantity < 1) {
            return Err(ApiError::missing(&param("quantity")));
        }
        let recurring = match (node.text("price"), node.get("price_data")) {
            (Some(price), None) => {
                let body = self.find("price", price, &param("price"))?;
                !body["recurring"].is_null()
            }
            (None, Some(data)) => {
                self.check_price_data(data, &param("price_data"))?;
                data.get("recurring").is_some()
            }
            (Some(_), Some(_)) => {
                let message = "You may only specify one of these parameters: price, price_data.";
                return Err(ApiError::invalid(&param("price"), message));
            }
            (None, None) => return Err(ApiError::missing(&param("price"))),
        };
        match (mode, recurring) {
            ("payment", true) => Err(ApiError::invalid(
                &param("price_data"),
                "You specified `payment` mode but passed a recurring price. Either switch to `subscription` mode or \
                 use only one-time prices.",
            )),
            ("subscription", false) => Err(ApiError::invalid(
                &param("price_data"),
                "You must provide at least one recurring price in `subscription` mode when using prices.",
            )),
            _ => Ok(match node.text("price") {
                Some(price) => Line::Known { price: price.to_owned(), node },
                None => Line::Made { node },
            }),
        }
    }

    /// Checks `price_data` wherever it may stand.
    pub fn check_price_data(&self, data: &Node, param: &str) -> Result<i64, ApiError> {
        match (data.text("product"), data.get("product_data")) {
            (Some(product), None) => drop(self.find("product", product, &format!("{param}[product]"))?),
            (None, Some(_)) => {}
            (Some(_), Some(_)) => {
                let message = "You may only specify one of these parameters: product, product_data.";
                return Err(ApiError::invalid(&format!("{param}[product]"), message));
            }
            (None, None) => return Err(ApiError::missing(&format!("{param}[product]"))),
        }
        let decimal = data.text("unit_amount_decimal").and_then(|text| text.parse().ok());
        match data.int("unit_amount").or(decimal) {
            Some(amount) if amount % grain(data.text("currency").unwrap_or_default()) != 0 => {
                let message = "Invalid amount: this currency has no such small unit.";
                Err(ApiError::invalid(&format!("{param}[unit_amount]"), message))
            }
            Some(amount) if (0..=99_999_999).contains(&amount) => Ok(amount),
            Some(amount) if amount < 0 => {
                let param = format!("{param}[unit_amount]");
                Err(ApiError::parameter("parameter_invalid_integer", &param, "Invalid non-negative integer"))
            }
            Some(_) => {
                let param = format!("{param}[unit_amount]");
                Err(ApiError::parameter("amount_too_large", &param, "Amount must be no more than 999,999.99"))
            }
            None => Err(ApiError::missing(&format!("{param}[unit_amount]"))),
        }
    }

    /// Makes a line, and its price and product where only described.
    pub fn make_line(&mut self, line: &Line<'_>) -> Value {
        let (price, node) = match line {
            Line::Known { price, node } => (price.clone(), *node),
            Line::Made { node } => match node.get("price_data") {
                Some(data) => (self.price_from(data), *node),
                None => (String::new(), *node),
            },
        };
        let id = self.id("li");
        let product = self.text(&price, "product").unwrap_or_default();
        let name = self.text(&product, "name").unwrap_or_default();
        let extra = shapes::metadata(node, "metadata");
        shapes::line_item(&id, &name, self.body(&price), node.int("quantity").unwrap_or(1), extra)
    }

    /// Makes a price, and its product where only described. Inline ones are not active, as at Stripe.
    pub fn price_from(&mut self, data: &Node) -> String {
        let product = match data.text("product") {
            Some(product) => product.to_owned(),
            None => {
                let id = self.id("prod");
                let name = data.text("product_data.name").unwrap_or_default();
                let mut body = shapes::product(&id, self.at, name, false);
                body["description"] = json!(data.text("product_data.description"));
                body["images"] = json!(data.texts("product_data.images"));
                body["metadata"] = shapes::metadata(data, "product_data.metadata");
                self.put(body, json!({}))
            }
        };
        let decimal = data.text("unit_amount_decimal").and_then(|text| text.parse().ok());
        let recurring = data.text("recurring.interval");
        let recurring =
            recurring.map(|interval| (interval, data.int("recurring.interval_count").unwrap_or(1)));
        let amount = data.int("unit_amount").or(decimal).unwrap_or_default();
        let id = self.id("price");
        let currency = data.text("currency").unwrap_or_default();
        let mut body = shapes::price(&id, self.at, &product, currency, amount, recurring);
        body["active"] = json!(false);
        if let Some(behaviour) = data.text("tax_behavior") {
            body["tax_behavior"] = json!(behaviour);
        }
        self.put(body, json!({}))
    }
}
