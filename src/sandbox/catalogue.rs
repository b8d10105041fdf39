//! Customers, products and prices, made over the API.

use serde_json::{Value, json};

use super::{
    api::Call,
    errors::{Answer, ApiError},
    form::Node,
    params, shapes, specs,
    state::World,
};

/// The calls that make or change them.
pub(super) fn change(world: &mut World, call: &Call<'_>, space: &str, parts: &[&str]) -> Answer {
    let check = |spec: &str| params::check(&[specs::EXPAND, spec], call.pairs);
    let customer = format!("{}{}", specs::CUSTOMER, specs::address("address"));
    let id = match (call.method, space, parts) {
        ("POST", "customers", []) => {
            check(&customer)?;
            world.create_customer(&call.node)?
        }
        ("POST", "customers", [id]) => {
            check(&customer)?;
            world.find("customer", id, "id")?;
            world.check_customer_method(id, &call.node)?;
            world.change_customer(id, &call.node);
            (*id).to_owned()
        }
        ("POST", "products", []) => {
            check(specs::PRODUCT)?;
            world.create_product(&call.node)?
        }
        ("POST", "prices", []) => {
            check(specs::PRICE)?;
            world.create_price(&call.node)?
        }
        ("POST", "payment_methods", [id, "attach"]) => {
            check("customer! str")?;
            let customer = call.node.text("customer").unwrap_or_default();
            world.find("payment_method", id, "id")?;
            world.find("customer", customer, "customer")?;
            world.attach(id, customer);
            (*id).to_owned()
        }
        _ => return Err(ApiError::no_url(call.method, call.path)),
    };
    Ok(world.shown(&id))
}

impl World {
    fn create_customer(&mut self, node: &Node) -> Result<String, ApiError> {
        if let Some(method) = node.text("payment_method") {
            self.find("payment_method", method, "payment_method")?;
        }
        let id = self.new_customer();
        if let Some(method) = node.text("payment_method") {
            self.attach(method, &id);
        }
        self.fill_customer(&id, node);
        self.emit("customer.created", &id);
        Ok(id)
    }

    fn check_customer_method(&self, id: &str, node: &Node) -> Result<(), ApiError> {
        let param = "invoice_settings[default_payment_method]";
        match node.text("invoice_settings.default_payment_method") {
            Some(method) if self.find("payment_method", method, param)?["customer"] != id => {
                let message = format!("The customer does not have a payment method with the ID {method}.");
                Err(ApiError::parameter("resource_missing", param, message))
            }
            _ => Ok(()),
        }
    }

    fn change_customer(&mut self, id: &str, node: &Node) {
        let before = self.shown(id);
        self.fill_customer(id, node);
        if self.shown(id) != before {
            self.emit_change("customer.updated", id, &before);
        }
    }

    fn fill_customer(&mut self, id: &str, node: &Node) {
        self.edit(id, |body| {
            for name in ["name", "email", "phone", "description", "tax_exempt"] {
                if let Some(text) = node.raw(name) {
                    body[name] = json!(Some(text).filter(|text| !text.is_empty()));
                }
            }
            if node.get("address").is_some() {
                body["address"] = shapes::address(node.get("address"));
            }
            if let Some(method) = node.raw("invoice_settings.default_payment_method") {
                body["invoice_settings"]["default_payment_method"] =
                    json!(Some(method).filter(|text| !text.is_empty()));
            }
            let locales = node.texts("preferred_locales");
            if !locales.is_empty() {
                body["preferred_locales"] = json!(locales);
            }
            shapes::merge_metadata(&mut body["metadata"], node, "metadata");
        });
    }

    fn create_product(&mut self, node: &Node) -> Result<String, ApiError> {
        let id = match node.text("id") {
            Some(id) if self.records.contains_key(id) => {
                let message = format!("Product already exists: {id}");
                return Err(ApiError::parameter("resource_already_exists", "id", message).kept());
            }
            Some(id) => id.to_owned(),
            None => self.id("prod"),
        };
        let name = node.text("name").unwrap_or_default();
        let mut body = shapes::product(&id, self.at, name, node.flag("active").unwrap_or(true));
        for field in ["description", "statement_descriptor", "tax_code", "unit_label", "url"] {
            body[field] = json!(node.text(field));
        }
        body["images"] = json!(node.texts("images"));
        body["shippable"] = json!(node.flag("shippable"));
        body["metadata"] = shapes::metadata(node, "metadata");
        self.put(body, Value::Null);
        self.emit("product.created", &id);
        Ok(id)
    }

    fn create_price(&mut self, node: &Node) -> Result<String, ApiError> {
        self.check_price_data(node, "price").map_err(|mut error| {
            let param = error.body["error"]["param"].as_str().unwrap_or_default();
            let bare = param.trim_start_matches("price[").trim_end_matches(']').to_owned();
            error.body["error"]["param"] = json!(bare);
            error
        })?;
        let id = self.price_from(node);
        let active = node.flag("active").unwrap_or(true);
        let product = self.text(&id, "product").unwrap_or_default();
        if node.get("product_data").is_some() {
            self.edit(&product, |body| body["active"] = json!(true));
            self.emit("product.created", &product);
        }
        self.edit(&id, |body| {
            body["active"] = json!(active);
            body["nickname"] = json!(node.text("nickname"));
            body["lookup_key"] = json!(node.text("lookup_key"));
            body["metadata"] = shapes::metadata(node, "metadata");
        });
        self.emit("price.created", &id);
        Ok(id)
    }
}
