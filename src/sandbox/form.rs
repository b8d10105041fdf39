//! Form bodies and queries with Stripe's brackets.

use std::collections::BTreeMap;

/// A decoded parameter: a text, or a map that may also be read as a list.
#[derive(Clone, Debug)]
pub(super) enum Node {
    /// A value.
    Leaf(String),
    /// Named or numbered parts.
    Map(BTreeMap<String, Node>),
}

/// Decodes `a=b&c[d]=e` into pairs, percent and plus undone.
pub(super) fn pairs(text: &str) -> Vec<(String, String)> {
    let pair = |part: &str| {
        let (key, value) = part.split_once('=').unwrap_or((part, ""));
        (decode(key), decode(value))
    };
    text.split('&').filter(|part| !part.is_empty()).map(pair).collect()
}

fn decode(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut i = 0;
    while i < bytes.len() {
        let hex = bytes.get(i + 1..i + 3).and_then(|two| std::str::from_utf8(two).ok());
        match (bytes[i], hex.and_then(|two| u8::from_str_radix(two, 16).ok())) {
            (b'%', Some(byte)) => {
                out.push(byte);
                i += 2;
            }
            (b'+', _) => out.push(b' '),
            (byte, _) => out.push(byte),
        }
        i += 1;
    }
    String::from_utf8_lossy(&out).into_owned()
}

/// `a[b][]` as `["a", "b", ""]`; `None` where the brackets do not close.
pub(super) fn segments(key: &str) -> Option<Vec<&str>> {
    let Some((head, rest)) = key.split_once('[') else { return Some(vec![key]) };
    let mut all = vec![head];
    let mut rest = rest;
    loop {
        let (part, after) = rest.split_once(']')?;
        all.push(part);
        if after.is_empty() {
            return Some(all);
        }
        rest = after.strip_prefix('[')?;
    }
}

impl Node {
    /// The tree of all pairs.
    pub fn tree(pairs: &[(String, String)]) -> Node {
        let mut root = BTreeMap::new();
        for (key, value) in pairs {
            if let Some(path) = segments(key) {
                put(&mut root, &path, value);
            }
        }
        Node::Map(root)
    }

    /// The part of this name.
    pub fn get(&self, name: &str) -> Option<&Node> {
        match self {
            Node::Map(parts) => parts.get(name),
            Node::Leaf(_) => None,
        }
    }

    /// The part at a dotted path.
    pub fn at(&self, path: &str) -> Option<&Node> {
        path.split('.').try_fold(self, |node, name| node.get(name))
    }

    /// The text at a dotted path; an empty one counts as absent.
    pub fn text(&self, path: &str) -> Option<&str> {
        self.raw(path).filter(|text| !text.is_empty())
    }

    /// The text at a dotted path, empty ones too.
    pub fn raw(&self, path: &str) -> Option<&str> {
        match self.at(path)? {
            Node::Leaf(text) => Some(text),
            Node::Map(_) => None,
        }
    }

    /// The whole number at a dotted path.
    pub fn int(&self, path: &str) -> Option<i64> {
        self.text(path)?.parse().ok()
    }

    /// The truth value at a dotted path.
    pub fn flag(&self, path: &str) -> Option<bool> {
        self.text(path).map(|text| text == "true")
    }

    /// The items of the list at a dotted path, in the order of their numbers.
    pub fn items(&self, path: &str) -> Vec<&Node> {
        let Some(Node::Map(parts)) = self.at(path) else { return Vec::new() };
        let mut all: Vec<(u64, &Node)> =
            parts.iter().map(|(key, node)| (key.parse().unwrap_or(u64::MAX), node)).collect();
        all.sort_by_key(|(number, _)| *number);
        all.into_iter().map(|(_, node)| node).collect()
    }

    /// The texts of the list at a dotted path.
    pub fn texts(&self, path: &str) -> Vec<String> {
        let text = |node: &Node| match node {
            Node::Leaf(text) => Some(text.clone()),
            Node::Map(_) => None,
        };
        self.items(path).into_iter().filter_map(text).collect()
    }

    /// The named texts at a dotted path, such as metadata.
    pub fn map(&self, path: &str) -> Vec<(String, String)> {
        let Some(Node::Map(parts)) = self.at(path) else { return Vec::new() };
        let leaf = |(key, node): (&String, &Node)| match node {
            Node::Leaf(text) => Some((key.clone(), text.clone())),
            Node::Map(_) => None,
        };
        parts.iter().filter_map(leaf).collect()
    }
}

fn put(map: &mut BTreeMap<String, Node>, path: &[&str], value: &str) {
    let Some((head, rest)) = path.split_first() else { return };
    let key = if head.is_empty() { map.len().to_string() } else { (*head).to_owned() };
    if rest.is_empty() {
        map.insert(key, Node::Leaf(value.to_owned()));
        return;
    }
    let entry = map.entry(key).or_insert_with(|| Node::Map(BTreeMap::new()));
    if let Node::Leaf(_) = entry {
        *entry = Node::Map(BTreeMap::new());
    }
    if let Node::Map(inner) = entry {
        put(inner, rest, value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn brackets_and_percents() {
        let all = pairs("a%5Bb%5D=1+2&line_items[0][price]=p&t[]=x&t[]=y&metadata[7]=%C2%A3&e=");
        let tree = Node::tree(&all);
        assert_eq!(tree.text("a.b"), Some("1 2"));
        assert_eq!(tree.items("line_items")[0].text("price"), Some("p"));
        assert_eq!(tree.texts("t"), ["x", "y"]);
        assert_eq!(tree.map("metadata"), [("7".to_owned(), "£".to_owned())]);
        assert_eq!((tree.text("e"), tree.raw("e")), (None, Some("")));
        assert_eq!(segments("a[b][]"), Some(vec!["a", "b", ""]));
        assert_eq!(segments("a[b"), None);
    }
}
