//! The picture in `lib.rs`, held to: which room may mention which, who may write, and what no file may contain.
//!
//! A small reader takes comments, strings and `#[cfg(test)]` modules out of each source file, so that a word in a
//! sentence is not taken for code. Every message names `file:line`.

use std::fs;
use std::path::{Path, PathBuf};

/// Which room may mention which. A longer entry (`payments::webhook`) allows that part alone.
const EDGES: &[(&str, &[&str])] = &[
    ("clock", &[]),
    ("random", &[]),
    ("guard", &[]),
    ("failpoints", &[]),
    ("telemetry", &[]),
    ("domain", &["clock::Ts", "random"]),
    ("config", &["domain"]),
    ("store", &["domain", "clock", "guard", "failpoints"]),
    ("payments", &["domain", "clock", "random", "guard", "failpoints"]),
    ("documents", &["domain"]),
    ("mail", &["domain", "clock", "config", "guard", "failpoints"]),
    ("services", &["store", "payments", "mail", "documents", "domain", "config", "clock", "random", "guard"]),
    ("jobs", &["services", "store", "domain", "clock"]),
    ("web", &["services", "store", "documents", "domain", "config", "clock", "random", "payments::webhook"]),
    (
        "app",
        &[
            "web",
            "jobs",
            "services",
            "store",
            "payments",
            "mail",
            "config",
            "domain",
            "clock",
            "random",
            "guard",
            "telemetry",
        ],
    ),
    ("cli", &["app", "web", "jobs", "services", "store", "config", "domain", "clock", "random", "telemetry"]),
    ("sandbox", &["domain::money", "domain::ids"]),
    ("main", &["cli", "telemetry"]),
];

/// What a part of a room may mention beyond its room: the demo is the only way to the stand-in.
const EXTRA_EDGES: &[(&str, &[&str])] = &[("cli::demo", &["sandbox"])];

/// Rooms that may open a write transaction.
const WRITERS: &[&str] = &["services", "jobs", "cli"];

const LONGEST_FILE: usize = 500;
const MOST_DIALECTS: usize = 5;

/// SQL that only one of the two databases understands, or that asks the database for the time.
const BANNED_SQL: &[(&str, &str)] = &[
    ("now()", "the clock is an argument"),
    ("current_timestamp", "the clock is an argument"),
    ("current_date", "the clock is an argument"),
    ("strftime", "SQLite only"),
    ("date_trunc", "PostgreSQL only"),
    ("ilike", "PostgreSQL only"),
    ("::", "PostgreSQL only: write CAST(x AS type)"),
    (" any(", "PostgreSQL only: use a QueryBuilder list"),
];

// ── The tests ───────────────────────────────────────────────────────────────────────────────────────────────

#[test]
fn arrows_between_the_rooms_point_one_way() {
    let mut wrong = Vec::new();
    for file in sources() {
        let room = file.room();
        if room == "lib" {
            continue;
        }
        let Some((_, allowed)) = EDGES.iter().find(|(name, _)| *name == room) else {
            wrong.push(format!("{}:1: the room `{room}` has no row in EDGES", file.name));
            continue;
        };
        let own = file.module.join("::");
        let extra =
            EXTRA_EDGES.iter().filter(|(part, _)| is_part_of(&own, part)).flat_map(|(_, to)| to.iter());
        let allowed: Vec<&str> = allowed.iter().chain(extra).copied().collect();
        let root = if room == "main" { "almoner" } else { "crate" };
        for (line, path) in mentions(&file.code, root) {
            let inside = is_part_of(&path, &room);
            if !inside && !allowed.iter().any(|to| is_part_of(&path, to)) {
                wrong.push(format!(
                    "{}:{line}: `{room}` must not use `{path}` (allowed: {allowed:?})",
                    file.name
                ));
            }
        }
        for (line, supers) in super_chains(&file.code) {
            if supers >= file.module.len() {
                wrong.push(format!("{}:{line}: `super::` leaves the room; write `crate::…`", file.name));
            }
        }
    }
    none(&wrong, "arrows that point the wrong way");
}

#[test]
fn only_services_jobs_and_commands_write() {
    let mut wrong = Vec::new();
    for file in sources() {
        let room = file.room();
        if room == "store" || WRITERS.contains(&room.as_str()) {
            continue;
        }
        for at in places(&file.code, ".write()") {
            let before: String = file.code[..at].iter().collect();
            if before.trim_end().ends_with("store") {
                wrong.push(format!("{}:{}: opens a write transaction", file.name, line_of(&file.code, at)));
            }
        }
        for at in words(&file.code, "WriteTx") {
            wrong.push(format!("{}:{}: holds a write transaction", file.name, line_of(&file.code, at)));
        }
    }
    none(&wrong, "rooms that write without being asked to");
}

#[test]
fn the_pure_rooms_know_no_framework() {
    let mut wrong = Vec::new();
    for file in sources() {
        let banned: &[&str] = match file.room().as_str() {
            "domain" => &["axum", "tokio", "stripe", "reqwest", "lettre", "askama"],
            "web" => &["reqwest", "lettre"],
            "store" => &["axum", "reqwest", "lettre", "askama"],
            "payments" => &["axum", "lettre", "askama"],
            "sandbox" => &["almoner"],
            _ => &[],
        };
        let mut flag = |at: usize, what: &str| {
            wrong.push(format!("{}:{}: `{what}` has no place here", file.name, line_of(&file.code, at)));
        };
        for name in banned {
            words(&file.code, name).into_iter().for_each(|at| flag(at, name));
        }
        // SQL lives in the store; SQL errors and types stop there.
        if file.room() != "store" {
            words(&file.code, "sqlx").into_iter().for_each(|at| flag(at, "sqlx"));
        }
        // The crates of async-stripe (`stripe_core::…`), not fields such as `stripe_session`.
        if !matches!(file.room().as_str(), "payments" | "services") {
            for at in places(&file.code, "stripe_") {
                let word: String = file.code[at..].iter().take_while(|c| is_word(**c)).collect();
                let after: String = file.code[at + word.chars().count()..].iter().take(2).collect();
                if after == "::" && (at == 0 || !is_word(file.code[at - 1])) {
                    flag(at, &word);
                }
            }
        }
    }
    none(&wrong, "names that do not belong in their room");
}

#[test]
fn sql_is_portable() {
    let mut wrong = Vec::new();
    for file in sources().iter().filter(|f| f.room() == "store") {
        for (line, text) in &file.strings {
            let lower = text.to_lowercase();
            for (banned, why) in BANNED_SQL {
                if lower.contains(banned) {
                    wrong.push(format!("{}:{line}: `{banned}` in SQL ({why})", file.name));
                }
            }
        }
    }
    none(&wrong, "SQL that only one database takes");
}

#[test]
fn dialect_pairs_stay_rare() {
    let mut uses = Vec::new();
    for file in sources() {
        for at in words(&file.code, "Dialect") {
            let after: String = file.code[at + "Dialect".len()..].iter().collect();
            let before: String = file.code[..at].iter().collect();
            if after.trim_start().starts_with('{') && !before.trim_end().ends_with("struct") {
                uses.push(format!("{}:{}", file.name, line_of(&file.code, at)));
            }
        }
    }
    assert!(
        uses.len() <= MOST_DIALECTS,
        "{} dialect pairs, at most {MOST_DIALECTS}:\n{}",
        uses.len(),
        uses.join("\n")
    );
}

#[test]
fn migrations_come_in_pairs_and_sqlite_tables_are_strict() {
    let names = |folder: &str| -> Vec<String> {
        let mut names: Vec<String> = files_under(&root().join(folder)).iter().map(|p| file_name(p)).collect();
        names.sort();
        names
    };
    let (sqlite, postgres) = (names("migrations/sqlite"), names("migrations/postgres"));
    assert_eq!(sqlite, postgres, "the two folders of migrations hold different files");
    assert!(!sqlite.is_empty(), "no migrations found");

    let mut wrong = Vec::new();
    for name in &sqlite {
        let path = format!("migrations/sqlite/{name}");
        let text = read(&root().join(&path));
        let bare: String =
            text.lines().map(|l| format!("{}\n", l.split("--").next().unwrap_or_default())).collect();
        let mut offset = 0;
        for statement in bare.split_inclusive(';') {
            let lead = statement.len() - statement.trim_start().len();
            let line = bare[..offset + lead].matches('\n').count() + 1;
            offset += statement.len();
            let upper = statement.trim().trim_end_matches(';').trim_end().to_uppercase();
            if upper.starts_with("CREATE TABLE") && !upper.ends_with("STRICT") {
                wrong.push(format!("{path}:{line}: this table is not STRICT"));
            }
        }
    }
    for folder in ["migrations/sqlite", "migrations/postgres"] {
        for name in &sqlite {
            for (number, line) in read(&root().join(folder).join(name)).lines().enumerate() {
                let code = line.split("--").next().unwrap_or_default().to_lowercase();
                if code.contains("now()") || code.contains("current_timestamp") {
                    wrong.push(format!("{folder}/{name}:{}: the clock is an argument", number + 1));
                }
            }
        }
    }
    none(&wrong, "migrations that break a rule");
}

#[test]
fn files_stay_short_and_finished() {
    let mut wrong = Vec::new();
    for file in sources() {
        if file.lines > LONGEST_FILE {
            wrong.push(format!("{}:{}: longer than {LONGEST_FILE} lines; split it", file.name, file.lines));
        }
        for unfinished in ["todo!", "unimplemented!", "dbg!"] {
            for at in places(&file.code, unfinished) {
                wrong.push(format!("{}:{}: `{unfinished}` is left", file.name, line_of(&file.code, at)));
            }
        }
    }
    none(&wrong, "files that are not ready");
}

#[test]
fn templates_escape_everything_and_load_nothing_from_elsewhere() {
    let mut wrong = Vec::new();
    for folder in ["templates", "assets"] {
        for path in files_under(&root().join(folder)) {
            let kind = path.extension().and_then(|e| e.to_str()).unwrap_or_default().to_owned();
            if !matches!(kind.as_str(), "html" | "css" | "js" | "svg" | "typ") && folder == "assets" {
                continue;
            }
            let name = relative(&path);
            let text = without_comments(&read(&path));
            for (number, line) in text.lines().enumerate() {
                let at = format!("{name}:{}", number + 1);
                let squeezed: String = line.chars().filter(|c| !c.is_whitespace()).collect();
                if folder == "templates"
                    && (squeezed.contains("|safe") || squeezed.contains("|escape(\"none\""))
                {
                    wrong.push(format!("{at}: `|safe` switches escaping off"));
                }
                for scheme in ["http://", "https://"] {
                    for (_, rest) in line.match_indices(scheme).map(|(i, _)| line.split_at(i + scheme.len()))
                    {
                        let host: String = rest
                            .chars()
                            .take_while(|c| c.is_alphanumeric() || matches!(c, '.' | '-'))
                            .collect();
                        if host != "www.w3.org" {
                            wrong.push(format!("{at}: names another origin, {scheme}{host}"));
                        }
                    }
                }
                for loads in ["src=\"//", "href=\"//", "url(//", "url(\"//", "@import"] {
                    if line.contains(loads) {
                        wrong.push(format!("{at}: `{loads}` loads something we do not serve by name"));
                    }
                }
            }
        }
    }
    none(&wrong, "templates or assets that break a rule");
}

#[test]
fn the_reader_sees_code_and_nothing_else() {
    let text = concat!(
        "use crate::{a::{b, C}, d};\n",
        "// crate::comment\n",
        "/* crate::block /* nested */ */\n",
        "const S: &str = \"crate::string \\\" //\";\n",
        "const R: &str = r#\"crate::raw \" \"#; let c = '\"'; let l: &'static str;\n",
        "#[cfg(test)]\nmod tests { use crate::only_in_tests; }\n",
        "fn f() { $crate::e::g!(); super::super::h(); }\n",
    );
    let (code, strings) = parse(text);
    let seen: Vec<(usize, String)> = mentions(&code, "crate");
    let expected = [(1, "a::b"), (1, "a::C"), (1, "d"), (8, "e::g")];
    assert_eq!(seen, expected.map(|(l, p)| (l, p.to_owned())).to_vec());
    assert_eq!(super_chains(&code), vec![(8, 2)]);
    let texts: Vec<&str> = strings.iter().map(|(_, t)| t.as_str()).collect();
    assert_eq!(texts, vec!["crate::string \\\" //", "crate::raw \" "]);
}

// ── The reader ──────────────────────────────────────────────────────────────────────────────────────────────

/// A source file, taken apart.
struct Source {
    /// `src/web/router.rs`
    name: String,
    /// `["web", "router"]`
    module: Vec<String>,
    /// The text with comments, strings and test modules blanked out; line breaks stay.
    code: Vec<char>,
    /// Line and content of every string outside test modules.
    strings: Vec<(usize, String)>,
    lines: usize,
}

impl Source {
    fn room(&self) -> String {
        self.module.first().cloned().unwrap_or_default()
    }
}

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn sources() -> Vec<Source> {
    let src = root().join("src");
    let mut all = Vec::new();
    for path in files_under(&src) {
        let is_test = file_name(&path) == "tests.rs";
        if path.extension().is_none_or(|e| e != "rs") || is_test {
            continue;
        }
        let text = read(&path);
        let (code, strings) = parse(&text);
        let inside = path.strip_prefix(&src).unwrap().with_extension("");
        let mut module: Vec<String> = inside.iter().map(|p| p.to_string_lossy().into_owned()).collect();
        if module.len() > 1 && module.last().is_some_and(|last| last == "mod") {
            module.pop();
        }
        all.push(Source { name: relative(&path), module, code, strings, lines: text.lines().count() });
    }
    assert!(all.len() > 20, "the sources were not found");
    all
}

/// Blanks comments and strings, then test modules.
fn parse(text: &str) -> (Vec<char>, Vec<(usize, String)>) {
    let raw: Vec<char> = text.chars().collect();
    let mut code = raw.clone();
    let mut strings: Vec<(usize, String)> = Vec::new();
    let mut string_places = Vec::new();
    let mut i = 0;
    while i < raw.len() {
        let start = i;
        let next = raw.get(i + 1).copied();
        match (raw[i], next) {
            ('/', Some('/')) => {
                while i < raw.len() && raw[i] != '\n' {
                    i += 1;
                }
            }
            ('/', Some('*')) => {
                let mut depth = 0;
                while i < raw.len() {
                    match (raw[i], raw.get(i + 1)) {
                        ('/', Some('*')) => (depth, i) = (depth + 1, i + 2),
                        ('*', Some('/')) => (depth, i) = (depth - 1, i + 2),
                        _ => i += 1,
                    }
                    if depth == 0 {
                        break;
                    }
                }
            }
            ('r', Some('"' | '#'))
                if (i == 0 || !is_word(raw[i - 1]) || raw[i - 1] == 'b') && is_raw_string(&raw, i) =>
            {
                let hashes = raw[i + 1..].iter().take_while(|c| **c == '#').count();
                let open = i + 2 + hashes;
                let close: Vec<char> = std::iter::once('"').chain(std::iter::repeat_n('#', hashes)).collect();
                let end = (open..raw.len()).find(|at| raw[*at..].starts_with(&close)).unwrap_or(raw.len());
                strings.push((line_of(&raw, start), raw[open.min(end)..end].iter().collect()));
                string_places.push(start);
                i = (end + close.len()).min(raw.len());
            }
            ('"', _) => {
                i += 1;
                while i < raw.len() && raw[i] != '"' {
                    i += if raw[i] == '\\' { 2 } else { 1 };
                }
                let end = i.min(raw.len());
                strings.push((line_of(&raw, start), raw[start + 1..end].iter().collect()));
                string_places.push(start);
                i = (end + 1).min(raw.len());
            }
            ('\'', Some('\\')) => {
                i += 3;
                while i < raw.len() && raw[i] != '\'' {
                    i += 1;
                }
                i += 1;
            }
            ('\'', Some(_)) if raw.get(i + 2) == Some(&'\'') => i += 3,
            _ => {
                i += 1;
                continue;
            }
        }
        blank(&mut code, start, i.min(raw.len()));
    }
    for (start, end) in test_modules(&code) {
        blank(&mut code, start, end);
        let kept: Vec<bool> = string_places.iter().map(|at| !(start..end).contains(at)).collect();
        let mut keep = kept.iter();
        strings.retain(|_| *keep.next().unwrap());
        let mut keep = kept.iter();
        string_places.retain(|_| *keep.next().unwrap());
    }
    (code, strings)
}

fn is_raw_string(text: &[char], at: usize) -> bool {
    let hashes = text[at + 1..].iter().take_while(|c| **c == '#').count();
    text.get(at + 1 + hashes) == Some(&'"')
}

fn blank(code: &mut [char], from: usize, to: usize) {
    for c in &mut code[from..to] {
        if *c != '\n' {
            *c = ' ';
        }
    }
}

/// From `#[cfg(test)]` to the end of what it stands before.
fn test_modules(code: &[char]) -> Vec<(usize, usize)> {
    let mut found = Vec::new();
    for start in places(code, "#[cfg(test)]") {
        let mut depth = 0_usize;
        let mut end = start;
        for (at, c) in code.iter().enumerate().skip(start) {
            end = at + 1;
            match c {
                '{' => depth += 1,
                '}' if depth == 1 => break,
                '}' => depth = depth.saturating_sub(1),
                ';' if depth == 0 => break,
                _ => {}
            }
        }
        found.push((start, end));
    }
    found
}

/// Every path that begins with `root::`, with groups written out.
fn mentions(code: &[char], root: &str) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    for at in words(code, root) {
        let mut next = at + root.chars().count();
        if code[next..].starts_with(&[':', ':']) {
            next += 2;
            let mut paths = Vec::new();
            read_paths(code, &mut next, "", &mut paths);
            found.extend(paths.into_iter().map(|path| (line_of(code, at), path)));
        }
    }
    found
}

fn read_paths(code: &[char], at: &mut usize, prefix: &str, paths: &mut Vec<String>) {
    skip_space(code, at);
    if code.get(*at) == Some(&'{') {
        *at += 1;
        loop {
            skip_space(code, at);
            match code.get(*at) {
                None => return,
                Some('}') => {
                    *at += 1;
                    return;
                }
                Some(',') => *at += 1,
                Some(_) => {
                    let before = *at;
                    read_paths(code, at, prefix, paths);
                    // `a as b`: what follows the path is of no interest.
                    while code.get(*at).is_some_and(|c| !matches!(c, ',' | '}')) {
                        *at += 1;
                    }
                    if *at == before {
                        *at += 1;
                    }
                }
            }
        }
    }
    let start = *at;
    while code.get(*at).is_some_and(|c| is_word(*c) || *c == '*') {
        *at += 1;
    }
    let name: String = code[start..*at].iter().collect();
    if name.is_empty() {
        return;
    }
    let path = if prefix.is_empty() { name } else { format!("{prefix}::{name}") };
    let mut after = *at;
    skip_space(code, &mut after);
    if code[after..].starts_with(&[':', ':']) {
        after += 2;
        skip_space(code, &mut after);
        if code.get(after).is_some_and(|c| is_word(*c) || matches!(c, '{' | '*')) {
            *at = after;
            return read_paths(code, at, &path, paths);
        }
    }
    paths.push(path);
}

fn skip_space(code: &[char], at: &mut usize) {
    while code.get(*at).is_some_and(|c| c.is_whitespace()) {
        *at += 1;
    }
}

/// Line and length of every chain of `super::super::…`.
fn super_chains(code: &[char]) -> Vec<(usize, usize)> {
    let one: Vec<char> = "super::".chars().collect();
    let mut found = Vec::new();
    let mut last_end = 0;
    for at in words(code, "super") {
        if at < last_end {
            continue;
        }
        let mut end = at;
        let mut count = 0;
        while code[end..].starts_with(&one) {
            end += one.len();
            count += 1;
        }
        last_end = end;
        if count > 0 {
            found.push((line_of(code, at), count));
        }
    }
    found
}

/// Where `text` stands.
fn places(code: &[char], text: &str) -> Vec<usize> {
    let wanted: Vec<char> = text.chars().collect();
    (0..code.len()).filter(|at| code[*at..].starts_with(&wanted)).collect()
}

/// Where `word` stands by itself.
fn words(code: &[char], word: &str) -> Vec<usize> {
    let length = word.chars().count();
    let alone = |at: &usize| {
        (*at == 0 || !is_word(code[at - 1])) && code.get(at + length).is_none_or(|c| !is_word(*c))
    };
    places(code, word).into_iter().filter(alone).collect()
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

fn is_part_of(path: &str, whole: &str) -> bool {
    path == whole || path.strip_prefix(whole).is_some_and(|rest| rest.starts_with("::"))
}

fn line_of(text: &[char], at: usize) -> usize {
    text[..at].iter().filter(|c| **c == '\n').count() + 1
}

/// Takes out `/* … */`, `<!-- … -->` and `{# … #}`; line breaks stay.
fn without_comments(text: &str) -> String {
    let mut text = text.to_owned();
    for (open, close) in [("/*", "*/"), ("<!--", "-->"), ("{#", "#}")] {
        let mut out = String::new();
        let mut rest = text.as_str();
        while let Some(at) = rest.find(open) {
            let (before, comment) = rest.split_at(at);
            let end = comment.find(close).map_or(comment.len(), |e| e + close.len());
            out.push_str(before);
            out.extend(comment[..end].chars().filter(|c| *c == '\n'));
            rest = &comment[end..];
        }
        out.push_str(rest);
        text = out;
    }
    text
}

fn files_under(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    let entries = fs::read_dir(folder).unwrap_or_else(|e| panic!("{}: {e}", folder.display()));
    for entry in entries {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files.extend(files_under(&path));
        } else {
            files.push(path);
        }
    }
    files.sort();
    files
}

fn file_name(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

fn relative(path: &Path) -> String {
    path.strip_prefix(root()).unwrap_or(path).display().to_string()
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
}

fn none(wrong: &[String], what: &str) {
    assert!(wrong.is_empty(), "{} {what}:\n{}", wrong.len(), wrong.join("\n"));
}
