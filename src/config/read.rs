//! A written [`Tree`] held against the schema: every slip is reported, not only the first.
//!
//! Invariant: what comes out fits the schema; what did not fit is left out and has a problem.

use serde_json::{Map, Value};

use super::path::Path;
use super::plugins;
use super::problem::Problem;
use super::scalar::check_format;
use super::schema::{Want, properties, required, tag};
use super::suggest::nearest;
use super::tree::{Name, Shape, Tree};

/// The key by which a section is told from its like.
const TAG: &str = "name";

/// What could be read, and all that could not.
pub(super) struct Reading {
    pub(super) value: Value,
    pub(super) problems: Vec<Problem>,
    /// List items that were left out, by their place as written.
    pub(super) left_out: Vec<Path>,
}

/// Reads a whole configuration.
pub(super) fn read(tree: &Tree, schema: &Value) -> Reading {
    let mut reader = Reader {
        root: schema,
        problems: Vec::new(),
        left_out: Vec::new(),
    };
    let value = reader.value(tree, schema, &Path::default());
    let value = value.unwrap_or_else(|| Value::Object(Map::new()));
    Reading {
        value,
        problems: reader.problems,
        left_out: reader.left_out,
    }
}

struct Reader<'a> {
    root: &'a Value,
    problems: Vec<Problem>,
    left_out: Vec<Path>,
}

impl Reader<'_> {
    /// `None` when nothing usable is there.
    fn value(&mut self, tree: &Tree, schema: &Value, path: &Path) -> Option<Value> {
        let want = Want::of(schema);
        match (&want, &tree.shape) {
            (Want::Section(section), Shape::Map(entries)) => self.section(tree, entries, section, path),
            (Want::Section(section), _) if tree.is_null() => self.section(tree, &[], section, path),
            (Want::Tagged(all), Shape::Map(entries)) => self.tagged(tree, entries, all, path),
            (Want::Named(entry), Shape::Map(entries)) => Some(self.named(entries, entry, path)),
            (Want::List(item) | Want::OneOrMany(item), Shape::List(items)) => {
                Some(self.list(items, item, path))
            }
            (Want::OneOrMany(item), _) => self.value(tree, item, path),
            (
                Want::Choice(_) | Want::Text(_) | Want::Number { .. } | Want::Switch,
                Shape::Scalar { text, quoted },
            ) => match scalar(&want, text, *quoted) {
                Ok(value) => Some(value),
                Err(message) => self.refuse(tree, path, message),
            },
            (_, _) => self.refuse(
                tree,
                path,
                format!("must be {}, not {}", wanted(&want), found(tree)),
            ),
        }
    }

    fn section(
        &mut self,
        tree: &Tree,
        entries: &[(Name, Tree)],
        section: &Value,
        path: &Path,
    ) -> Option<Value> {
        let mut fields = Map::new();
        for (name, child) in entries {
            match properties(section).find(|(key, _)| *key == name.text) {
                None => self.unknown(name, section, path),
                // A key with nothing behind it is a key that was not written.
                Some(_) if child.is_null() => {}
                Some((key, schema)) => {
                    if let Some(value) = self.value(child, schema, &path.key(key)) {
                        fields.insert(key.to_owned(), value);
                    }
                }
            }
        }
        let mut complete = true;
        for key in required(section).filter(|key| !fields.contains_key(*key)) {
            complete = false;
            let reported = entries
                .iter()
                .any(|(name, tree)| name.text == key && !tree.is_null());
            if !reported {
                self.refuse(tree, path, format!("`{key}` is missing"));
            }
        }
        complete.then_some(Value::Object(fields))
    }

    /// A section whose `name` says which of several it is.
    fn tagged(&mut self, tree: &Tree, entries: &[(Name, Tree)], all: &[Value], path: &Path) -> Option<Value> {
        let Some((_, named)) = entries.iter().find(|(name, _)| name.text == TAG) else {
            return self.refuse(tree, path, format!("`{TAG}` is missing"));
        };
        let Shape::Scalar { text, quoted: _ } = &named.shape else {
            let message = format!("must be text, not {}", found(named));
            return self.refuse(named, &path.key(TAG), message);
        };
        match all.iter().find(|section| tag(section) == Some(text)) {
            Some(section) => self.section(tree, entries, section, path),
            None => {
                let known: Vec<&str> = all.iter().filter_map(tag).collect();
                self.refuse(named, &path.key(TAG), plugins::unknown(text, &known))
            }
        }
    }

    fn named(&mut self, entries: &[(Name, Tree)], schema: &Value, path: &Path) -> Value {
        let read = entries.iter().filter_map(|(name, tree)| {
            let value = self.value(tree, schema, &path.key(&name.text))?;
            Some((name.text.clone(), value))
        });
        Value::Object(read.collect())
    }

    fn list(&mut self, items: &[Tree], schema: &Value, path: &Path) -> Value {
        let mut read = Vec::new();
        for (at, tree) in items.iter().enumerate() {
            let path = path.index(at);
            match self.value(tree, schema, &path) {
                Some(value) => read.push(value),
                None => self.left_out.push(path),
            }
        }
        Value::Array(read)
    }

    fn unknown(&mut self, name: &Name, section: &Value, path: &Path) {
        let hint = match nearest(&name.text, properties(section).map(|(key, _)| key)) {
            Some(key) => format!("; did you mean `{key}`?"),
            None => elsewhere(self.root, &name.text)
                .map(|path| format!("; did you mean `{path}`?"))
                .unwrap_or_default(),
        };
        let message = format!("there is no such setting{hint}");
        self.problems.push(Problem {
            place: name.place.clone(),
            path: path.key(&name.text),
            message,
        });
    }

    fn refuse(&mut self, tree: &Tree, path: &Path, message: String) -> Option<Value> {
        self.problems.push(Problem {
            place: tree.place.clone(),
            path: path.clone(),
            message,
        });
        None
    }
}

fn scalar(want: &Want<'_>, text: &str, quoted: bool) -> Result<Value, String> {
    match want {
        Want::Choice(words) if words.contains(&text) => Ok(text.into()),
        Want::Choice(words) => {
            let hint = nearest(text, words.iter().copied());
            let hint = hint
                .map(|word| format!("; did you mean `{word}`?"))
                .unwrap_or_default();
            Err(format!("`{text}` is not one of {}{hint}", words.join(", ")))
        }
        Want::Text(format) => {
            format.map_or(Ok(()), |format| check_format(format, text))?;
            if text.is_empty() {
                Err("must not be empty".to_owned())
            } else {
                Ok(text.into())
            }
        }
        Want::Number { least, most } => match text.parse::<u64>() {
            Ok(number) if !quoted && (*least..=*most).contains(&number) => Ok(number.into()),
            _ => Err(format!("must be {}, not `{text}`", wanted(want))),
        },
        Want::Switch => match text {
            "true" if !quoted => Ok(true.into()),
            "false" if !quoted => Ok(false.into()),
            _ => Err(format!("must be true or false, not `{text}`")),
        },
        Want::Section(_) | Want::Tagged(_) | Want::Named(_) | Want::List(_) | Want::OneOrMany(_) => {
            Err(format!("must be {}", wanted(want)))
        }
    }
}

fn wanted(want: &Want<'_>) -> String {
    match want {
        Want::Section(_) | Want::Tagged(_) => "a section (lines of `key: value`)".to_owned(),
        Want::Named(_) => "a map of names".to_owned(),
        Want::List(_) => "a list (lines that start with `-`)".to_owned(),
        Want::OneOrMany(one) => format!("{}, or a list of that", wanted(&Want::of(one))),
        Want::Choice(words) => format!("one of {}", words.join(", ")),
        Want::Text(_) => "text".to_owned(),
        Want::Number {
            least,
            most: u64::MAX,
        } => format!("a whole number of at least {least}"),
        Want::Number { least, most } => format!("a whole number from {least} to {most}"),
        Want::Switch => "true or false".to_owned(),
    }
}

fn found(tree: &Tree) -> &'static str {
    match &tree.shape {
        Shape::Scalar { .. } if tree.is_null() => "empty",
        Shape::Scalar { .. } => "a single value",
        Shape::List(_) => "a list",
        Shape::Map(_) => "a section",
    }
}

/// Where in the whole configuration a key of exactly that name stands, if it stands in one section only.
fn elsewhere(root: &Value, name: &str) -> Option<String> {
    let mut hits = Vec::new();
    for (section, schema) in properties(root) {
        if section == name {
            hits.push(section.to_owned());
        }
        hits.extend(
            properties(schema)
                .filter(|(key, _)| *key == name)
                .map(|(key, _)| format!("{section}.{key}")),
        );
    }
    match hits.as_slice() {
        [only] => Some(only.clone()),
        [] | [_, ..] => None,
    }
}
